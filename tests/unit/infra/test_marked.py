"""The stack's own labels are on every resource that takes some, besides the resource's own."""

from __future__ import annotations

import pulumi
import pulumi_hcloud as hcloud
import pytest

from infra import resource_labels


def _args(kind: str, props: dict[str, object]) -> pulumi.ResourceTransformationArgs:
    return pulumi.ResourceTransformationArgs(
        resource=None,  # type: ignore[arg-type]
        type_=kind,
        name="x",
        props=props,
        opts=pulumi.ResourceOptions(),
    )


def test_labels_come_beside_those_of_the_resource() -> None:
    """What the program says about one resource wins."""
    args = _args("hcloud:index/server:Server", {"labels": {"app": "nutri", "stack": "a"}, "n": 1})
    done = resource_labels.marked(args, {"stack": "b", "team": "x"})
    assert done is not None
    assert done.props == {"labels": {"app": "nutri", "stack": "a", "team": "x"}, "n": 1}


@pytest.mark.parametrize(
    "kind",
    ["hcloud:index/rdns:Rdns", "pulumi-python:dynamic/nutri:Server", "nutri:Platform"],
)
def test_what_takes_no_labels_has_none(kind: str) -> None:
    """The provider would refuse them."""
    assert resource_labels.marked(_args(kind, {}), {"a": "b"}) is None


def test_every_kind_of_the_provider_that_takes_labels_is_known() -> None:
    """A kind the program uses some day is found by its label from its first day."""
    takes = {
        name[0].lower() + name[1:]
        for name, one in vars(hcloud).items()
        if isinstance(one, type) and issubclass(one, pulumi.CustomResource) and "labels" in dir(one)
    }
    assert takes - _ALIASES == resource_labels.LABELLED - {"never"}


_ALIASES = frozenset({"certificate", "storageBoxSnapshot", "storageBoxSubaccount"})
"""An older name of another, and parts that go with their Storage Box."""

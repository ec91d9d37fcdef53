"""The stack's own labels on everything it has at Hetzner, so that all of it can be found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

if TYPE_CHECKING:
    from collections.abc import Mapping

LABELLED = frozenset(
    {
        "firewall",
        "floatingIp",
        "loadBalancer",
        "managedCertificate",
        "network",
        "placementGroup",
        "primaryIp",
        "server",
        "snapshot",
        "sshKey",
        "storageBox",
        "uploadedCertificate",
        "volume",
        "zone",
        "zoneRrset",
    }
)
"""Kinds of the provider that take labels."""


def install(labels: Mapping[str, str]) -> None:
    """Put labels on every resource that is made from here on."""
    if labels:
        pulumi.runtime.register_stack_transformation(lambda args: marked(args, labels))


def marked(
    args: pulumi.ResourceTransformationArgs, labels: Mapping[str, str]
) -> pulumi.ResourceTransformationResult | None:
    """Return a resource with the labels besides its own; None where it takes none."""
    package, _, kind = args.type_.partition("/")
    if package != "hcloud:index" or kind.partition(":")[0] not in LABELLED:
        return None
    own: Any = args.props.get("labels") or {}
    props = {**args.props, "labels": {**labels, **own}}
    return pulumi.ResourceTransformationResult(props=props, opts=args.opts)

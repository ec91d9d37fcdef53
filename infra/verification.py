"""The last step of every change: the checks, whose red fails the update."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

import checks
from common.target import Target
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Sequence


def _verify(props: dict[str, Any]) -> None:
    checks.verify(Target.model_validate(props["target"])).raise_for_red()


class _VerificationProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        _verify(props)
        return CreateResult(props["target"]["stack"], props)

    def update(self, _id: str, _olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        _verify(news)
        return UpdateResult(news)


class Verification(Resource, module="nutri", name="Verification"):
    """Runs all checks against the target whenever something of the target changed."""

    def __init__(self, name: str, target: dict[str, Any], after: Sequence[pulumi.Resource]) -> None:
        opts = pulumi.ResourceOptions(depends_on=list(after), additional_secret_outputs=["target"])
        super().__init__(_VerificationProvider(), name, {"target": target}, opts)

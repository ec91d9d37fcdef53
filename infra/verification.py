"""The last step of every change: the checks, whose red fails the update."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, Resource, UpdateResult

from common import verified
from common.target import Target
from infra.dynamic import Provider

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from common.waiting import Attempt


def _teller() -> Callable[[Attempt], None]:
    """Return a callback that shows what is red, once for each change of it."""
    told: set[str] = set()

    def tell(attempt: Attempt) -> None:
        if attempt.last_error not in told:
            told.add(attempt.last_error)
            print(attempt, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows it

    return tell


def _verify(props: dict[str, Any], before: object = None) -> dict[str, Any]:
    """Return the outputs: the inputs, and the tags that are verified good by now."""
    import checks  # noqa: PLC0415 - a preview needs none of them, and they take a while to load

    target = Target.model_validate(props["target"])
    checks.verify(target, settle=props["settle_seconds"], progress=_teller()).raise_for_red()
    known = verified.parse(before)
    # Behind a maintenance page nobody saw the tag serve: what was known stays all there is.
    hidden = {one.name for one in target.services if target.maintenance.now.covers(one.name)}
    served = {one.name: (one.image, one.tag) for one in target.services if one.name not in hidden}
    good = verified.record(known, served, datetime.now(UTC).replace(microsecond=0))
    kept = {name: known[name] for name in hidden if name in known}
    return {**props, "verified": verified.as_plain(good | kept)}


class _VerificationProvider(Provider):
    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["target"]["stack"], _verify(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_verify(news, olds.get("verified")))


class Verification(Resource, module="nutri", name="Verification"):
    """Runs all checks against the target whenever something of the target changed.

    Attributes:
        verified: tags that all checks were green with, by service; see `common.verified`.
    """

    verified: pulumi.Output[dict[str, Any]]

    def __init__(
        self,
        name: str,
        target: dict[str, Any],
        settle_seconds: int,
        after: Sequence[pulumi.Resource],
    ) -> None:
        opts = pulumi.ResourceOptions(depends_on=list(after), additional_secret_outputs=["target"])
        props = {"target": target, "settle_seconds": settle_seconds, "verified": None}
        super().__init__(_VerificationProvider(), name, props, opts)

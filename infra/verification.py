"""The last step of every change: the checks, whose red fails the update."""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, Resource, UpdateResult

from common import verified
from common.target import Target
from infra.dynamic import Provider
from infra.guard import unverified

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from common.waiting import Attempt


_DATA = ("database", "redis")
_OWN = ("services", *_DATA)
# Limits, and what no service is made of.
_HARMLESS = ("expectations", "maintenance", "dumps", "vantage", "registry", "stack")


def _teller() -> Callable[[Attempt], None]:
    """Return a callback that shows what is red, once for each change of it."""
    told: set[str] = set()

    def tell(attempt: Attempt) -> None:
        if attempt.last_error not in told:
            told.add(attempt.last_error)
            _tell(attempt)

    return tell


def _tell(words: object) -> None:
    print(words, file=sys.stderr, flush=True)  # noqa: T201 - the engine shows it


def changed_parts(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str] | None:
    """Return the services and databases that a change touched; None where it may be all of them."""
    if any(old.get(key) != new.get(key) for key in {*old, *new} - {*_OWN, *_HARMLESS}):
        return None
    before, after = (
        {one["name"]: one for one in target.get("services") or ()} for target in (old, new)
    )
    services = {name for name in {*before, *after} if before.get(name) != after.get(name)}
    return services | {key for key in _DATA if old.get(key) != new.get(key)}


def _changed(props: Mapping[str, Any], olds: Mapping[str, Any] | None) -> set[str] | None:
    """What is to be proven; all of it where an earlier change was not."""
    if not olds or props.get("unverified"):
        return None
    return changed_parts(olds.get("target") or {}, props["target"])


def _verify(props: dict[str, Any], olds: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Return the outputs: the inputs, and the tags that are verified good by now."""
    import checks  # noqa: PLC0415 - a preview needs none of them, and they take a while to load
    from infra.ingress.certificates import ask_again  # noqa: PLC0415 - so does this

    target = Target.model_validate(props["target"])
    changed = _changed(props, olds)
    ask_again(target, _tell)
    report = checks.verify(
        target, settle=props["settle_seconds"], progress=_teller(), changed=changed
    )
    report.proving(changed).raise_for_red()
    aside = report.aside(changed)
    if aside:
        _tell(f"this change is done; it has nothing to do with\n{report.table(aside)}")
    known = verified.parse((olds or {}).get("verified"))
    # Behind a maintenance page nobody saw the tag serve: what was known stays all there is.
    hidden = {one.name for one in target.services if target.maintenance.now.covers(one.name)}
    hidden |= {one.subject for one in aside}
    served = {one.name: (one.image, one.tag) for one in target.services if one.name not in hidden}
    good = verified.record(known, served, datetime.now(UTC).replace(microsecond=0))
    kept = {name: known[name] for name in sorted(hidden) if name in known}
    return {**props, "unverified": "", "verified": verified.as_plain(good | kept)}


class _VerificationProvider(Provider):
    def diff(self, id_: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        """Verify what changed, and whatever else waits for its verification."""
        if news.get("unverified"):
            return DiffResult(changes=True, replaces=[], stables=[])
        return super().diff(id_, olds, {k: v for k, v in news.items() if k != "unverified"})

    def create(self, props: dict[str, Any]) -> CreateResult:
        return CreateResult(props["target"]["stack"], _verify(props))

    def update(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> UpdateResult:
        return UpdateResult(_verify(news, olds))


class Verification(Resource, module="nutri", name="Verification"):
    """Runs all checks against the target whenever something of the target changed.

    And whenever an earlier change was not verified; see `infra.guard.unverified`.

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
        props = {
            "target": target,
            "settle_seconds": settle_seconds,
            "unverified": asyncio.to_thread(unverified.why),
            "verified": None,
        }
        super().__init__(_VerificationProvider(), name, props, opts)

"""What speaks against a change just now, told before anybody says yes to it."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import checks
from common.maintenance import Mode
from runbook.incidents import Folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.target import ServiceTarget, Target

_BOUND = 15.0
_CHECKS = ("containers",)


def look(target: Target, service: ServiceTarget) -> list[str]:
    """Replicas that do not run, an incident that is open, a maintenance; a line each."""
    return [*_replicas(target, [service]), *_incidents(target), *_maintenance(target)]


def look_at_all(target: Target) -> list[str]:
    """The same before something that all services feel; their maintenance is no news there."""
    return [*_replicas(target, target.services), *_incidents(target)]


def question(service: ServiceTarget, change: str, against: list[str]) -> str:
    """What is asked: the change, and before it what speaks against it."""
    return asked(f"{service.name} {change}", against)


def asked(change: str, against: list[str]) -> str:
    """The same for a change of more than one service."""
    before = "".join(f"{line}\n" for line in against)
    return f"{before}{change}. Go on{' all the same' if against else ''}?"


def _replicas(target: Target, services: Sequence[ServiceTarget]) -> Iterator[str]:
    only = {(name, one.name) for name in _CHECKS for one in services}
    report = checks.run(target, checks.select(_CHECKS), only=only, bound=_BOUND)
    for one in report.not_green:
        yield f"before it: {one.check} of {one.subject} is {one.verdict.status}: " + (
            one.verdict.message
        )


def _incidents(target: Target) -> Iterator[str]:
    now = datetime.now(UTC)
    for one in Folder.of_project().running(target.stack):
        owner = one.owner or "nobody"
        yield f"an incident is open: {one.id} ({one.severity}) {one.title}; {owner} has it, " + (
            one.response(now)
        )


def _maintenance(target: Target) -> Iterator[str]:
    now = target.maintenance.now
    if now.mode is Mode.ON:
        yield "the maintenance page is on: users see nothing of it until `runbook maintenance end`"
    elif not now.is_off:
        yield f"a maintenance is announced: {now.span()}"

"""The rollout itself: config, engine, and a monitor around both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import checks
from common.waiting import wait_until
from runbook.monitor import MAX_SECONDS, watching

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import ServiceTarget, Target
    from runbook.monitor import Monitor, Report
    from runbook.updates import Updates

_MARGIN = 5.0  # seconds of plain traffic before and after, to compare with
_SLACK = 60.0
_CHECKS = ("containers", "health", "spread", "version")
_SETTLE_SECONDS = 60.0


@dataclass(frozen=True)
class Rollout:
    """What to deploy, and how closely to watch: so many requests at least, so many a second."""

    target: Target
    service: ServiceTarget
    tag: str
    left: str
    """The tag that the config holds now."""
    requests: int
    rate: float


@dataclass(frozen=True)
class Outcome:
    """How it went."""

    rollout: Rollout
    updated: bool
    went_back: bool
    """After an update that failed: the checks see the tag that was left serve again."""
    report: Report

    @property
    def is_good(self) -> bool:
        """The update succeeded, and nobody noticed it."""
        return self.updated and not self.report.failed

    def as_json(self) -> dict[str, Any]:
        """The outcome in JSON's types."""
        return {
            "service": self.rollout.service.name,
            "from": self.rollout.left,
            "to": self.rollout.tag,
            "updated": self.updated,
            "went_back": self.went_back,
            "dropped": self.report.failed,
            "monitor": self.report.as_json(),
        }


def roll_out(rollout: Rollout, updates: Updates, say: Callable[[str], None]) -> Outcome:
    """Set the tag, bring it about, watch it; go back when the update fails.

    Raises:
        OperatorError: the service is not well to begin with, or the engine cannot be run.
    """
    setting = rollout.service.tag_setting
    with watching(rollout.target, rollout.service, rate=rollout.rate) as monitor:
        _watch_on(monitor, rollout.rate * _MARGIN, rollout.rate)
        updates.set_value(setting, rollout.tag)
        updates.labels.update(labels(rollout.service, rollout.tag))
        say(f"{setting} is {rollout.tag} now; `pulumi up` brings it about:")
        monitor.mark("deploy starts")
        updated = updates.up(is_polite=True)
        monitor.mark("deploy ended" if updated else "deploy failed")
        went_back = not updated and _go_back(rollout, updates, monitor, say)
        after = monitor.sent + rollout.rate * _MARGIN
        _watch_on(monitor, max(after, rollout.requests), rollout.rate)
    return Outcome(rollout, updated, went_back, monitor.report())


def labels(service: ServiceTarget, tag: str) -> dict[str, str]:
    """What is said of each replica while it is replaced."""
    count = service.replicas
    return {f"{service.name}-{n}": f"replica {n} of {count} on {tag}" for n in range(1, count + 1)}


def _go_back(
    rollout: Rollout, updates: Updates, monitor: Monitor, say: Callable[[str], None]
) -> bool:
    """Bring the tag back that was left: replicas that got the new one follow."""
    setting = rollout.service.tag_setting
    say(f"the update failed; {setting} is {rollout.left} again, and `pulumi up` makes sure of it:")
    updates.labels.update(labels(rollout.service, rollout.left))
    updates.set_value(setting, rollout.left)
    went_back = updates.up() and _serves_what_was_left(rollout, say)
    monitor.mark("went back" if went_back else "going back failed")
    return went_back


def _serves_what_was_left(rollout: Rollout, say: Callable[[str], None]) -> bool:
    """Whether the checks see the old tag serve: an update that succeeds is no proof of it."""
    only = {(name, rollout.service.name) for name in _CHECKS}
    settle = rollout.service.patience(_SETTLE_SECONDS)
    report = checks.verify(rollout.target, _CHECKS, only=only, settle=settle)
    if report.not_green:
        say(report.table())
    return not report.not_green


def _watch_on(monitor: Monitor, requests: float, rate: float) -> None:
    wait_until(
        f"{requests:.0f} requests to be answered",
        lambda: monitor.sent >= requests,
        bound=min(requests / rate * 3 + _SLACK, MAX_SECONDS),
        interval=0.5,
        max_interval=0.5,
    )

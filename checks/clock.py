"""D1: clocks that agree, and whose is wrong where they do not.

A wrong clock of this machine makes certificates expired, dumps old and tokens invalid that are
none of it. So it is one finding, and what depends on it is not judged.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from checks import capacity, causes
from checks.check import Check, servers
from checks.hetzner import HetznerError
from checks.measure import Measure, Unit
from checks.verdict import Status, Verdict, green, red, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable

    from checks.observer import Observer
    from checks.report import Result
    from common.target import ServerTarget, Target

_OURS = "this machine's clock"
_SET_OURS = "`sudo timedatectl set-ntp true` on this machine, then `runbook check clock`"
_SET_THE_SERVERS = (
    "see `runbook ssh -- timedatectl`, and mend what keeps its time there; tokens and certificates "
    "suffer"
)
_BY_CLOCK = frozenset(
    {
        *("certificate", "coolify-token", "dump-age", "dump-repository", "proven-restore"),
        *("database-backups", "overrun", "errors", "slow", "updates", "backup-age", "restarts"),
    }
)


@dataclass(frozen=True)
class Clocks:
    """How far others are ahead of this machine, in seconds."""

    server: float
    api: float | None
    """Hetzner's, by its answers; None where it gave none."""
    distrusted: bool = False
    """Whether its certificate was refused: by a wrong clock every one is."""


def collect(observer: Observer, server: ServerTarget) -> Clocks:
    """Ask the server, and Hetzner's API as a witness."""
    sight = capacity.collect(observer, server)
    skew = sight.snapshot.clock - sight.heard
    try:
        return Clocks(skew, observer.hetzner.now().timestamp() - time.time())
    except HetznerError as error:
        return Clocks(skew, None, distrusted="certificate" in str(error).lower())


def judge(_server: ServerTarget, found: Clocks, target: Target) -> Verdict:
    """Green when the server's clock is ours, give or take the way between."""
    limit = target.expectations.clock_skew_s
    measures = [Measure("clock_skew", "server", abs(found.server), Unit.SECONDS, limit)]
    if abs(found.server) < limit:
        seen = green(f"within {max(abs(found.server), 0.1):.1f} s of ours")
    elif found.distrusted or (found.api is not None and abs(found.api) >= limit):
        said = f"{_OURS} is {_apart(-found.server)} the server's and Hetzner's"
        seen = red(f"{said} (limit {limit:g} s)", _SET_OURS)
    else:
        said = f"the server's clock is {_apart(found.server)} ours"
        seen = red(f"{said} (limit {limit:g} s)", _SET_THE_SERVERS)
    return seen.measured(measures)


def _apart(seconds: float) -> str:
    return f"{abs(seconds):.0f} s {'ahead of' if seconds > 0 else 'behind'}"


def without_what_it_blurs(results: Iterable[Result]) -> list[Result]:
    """Return results of which none was judged by a clock of ours that is wrong."""
    found = list(results)
    wrong = next((one for one in found if _is_ours(one)), None)
    return [_blurred(one, wrong) if wrong and _depends(one) else one for one in found]


def _is_ours(result: Result) -> bool:
    red_clock = result.check == CLOCK.id and result.verdict.status is Status.RED
    return red_clock and result.verdict.message.startswith(_OURS)


def _depends(result: Result) -> bool:
    """Whether it is not green by a time, or by a certificate that a wrong clock refuses."""
    verdict = result.verdict
    by_time = result.check in _BY_CLOCK or "certificate" in verdict.message.lower()
    return not verdict.is_green and result.check != CLOCK.id and by_time


def _blurred(result: Result, wrong: Result) -> Result:
    verdict = unknown("cannot tell with this clock", wrong.verdict.remedy)
    return replace(result, verdict=verdict.lacking(causes.CLOCK))


CLOCK = Check("clock", "D1", "the clock is right", servers, collect, judge)

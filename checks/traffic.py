"""D2 and D4: the share of errors in the logs, and the share of slow requests."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks import fields
from checks.check import Check, services
from checks.logs import REQUEST_EVENTS, LogLine, collect_lines
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from checks.observer import Observer
    from common.target import ServiceTarget, Target

_FEW = 5  # errors, or slow requests, that are let be however large their share
_PERCENTILES = (50, 95, 99)


@dataclass(frozen=True)
class Request:
    """One logged request; `milliseconds` is what the app itself measured."""

    time: str
    replica: str
    method: str
    path: str
    status: int | None
    milliseconds: float


@dataclass(frozen=True)
class Volume:
    """Requests of a span of time, without the probes of `/health`, which are only counted."""

    requests: tuple[Request, ...]
    probes: int
    seconds: float

    @property
    def count(self) -> int:
        """How many there were."""
        return len(self.requests)

    @property
    def per_second(self) -> float:
        """How many a second."""
        return self.count / self.seconds if self.seconds else 0.0

    def slow(self, milliseconds: float) -> list[Request]:
        """Those that took longer, the slowest first."""
        found = [one for one in self.requests if one.milliseconds > milliseconds]
        return sorted(found, key=lambda one: one.milliseconds, reverse=True)

    def percentiles(self) -> dict[int, float]:
        """The 50th, 95th and 99th percentile in milliseconds; empty without requests."""
        taken = sorted(one.milliseconds for one in self.requests)
        return {rank: percentile(taken, rank) for rank in _PERCENTILES} if taken else {}

    def by_status(self) -> dict[str, int]:
        """Counts by class of status: 2xx, 5xx."""
        classes = (f"{one.status // 100}xx" if one.status else "none" for one in self.requests)
        return dict(sorted(Counter(classes).items()))

    def by_replica(self) -> dict[str, int]:
        """Counts by replica."""
        return dict(sorted(Counter(one.replica for one in self.requests).items()))


def percentile(ordered: Sequence[float], rank: float) -> float:
    """The nearest-rank percentile of ordered values."""
    return ordered[max(0, math.ceil(len(ordered) * rank / 100) - 1)]


def as_request(line: LogLine) -> Request | None:
    """The request that a line tells of, if it does.

    By its name (`event` or `msg` is request_completed or request_failed), or since it has a path of
    the service's own with a method or a status; in any case with how long it took.
    """
    told = line.fields
    taken = fields.milliseconds(told)
    if taken is None:
        return None
    method, path, status = fields.method(told), fields.path(told), fields.http_status(told)
    is_served = fields.is_own(told) and (method is not None or status is not None)
    if not is_served and fields.events(told).isdisjoint(REQUEST_EVENTS):
        return None
    return Request(line.time, line.replica, method or "?", path or "?", status, taken)


def volume(service: ServiceTarget, lines: Iterable[LogLine], seconds: float) -> Volume:
    """The requests among log lines of a span of time."""
    found = [request for line in lines if (request := as_request(line))]
    real = tuple(one for one in found if not is_probe(service, one.path))
    return Volume(real, len(found) - len(real), seconds)


def is_probe(service: ServiceTarget, path: str) -> bool:
    """Whether a path is that of a health check, which Docker and the proxy ask all the time."""
    return path in {service.health_path, service.live_path}


def collect(observer: Observer, service: ServiceTarget) -> tuple[LogLine, ...]:
    """The window's lines, read once for both checks."""
    return observer.once(("lines", service.name), lambda: collect_lines(observer, service))


def judge_errors(service: ServiceTarget, lines: Sequence[LogLine], target: Target) -> Verdict:
    """Green when few lines, probes aside, tell of an error.

    Where the service logs JSON its other lines do not count: a stack trace is many of them.
    """
    expected = target.expectations
    window = f"in {expected.log_window_s // 60} min"
    structured = [line for line in lines if line.fields]
    told = [line for line in structured or lines if not tells_probe(service, line)]
    errors = [line for line in told if line.is_error]
    share = len(errors) / len(told) if told else 0.0
    measures = [Measure("log_errors", "share", share, Unit.SHARE, expected.error_share)]
    if len(errors) >= _FEW and share > expected.error_share:
        return red(
            f"{len(errors)} of {len(told)} log lines {window} tell of an error ({share:.0%}, "
            f"limit {expected.error_share:.0%}); the last: {_shortened(errors[-1].text)}",
            f"see `runbook logs {service.name} --errors --since 15m`; if it came with the newest "
            f"tag, `runbook rollback {service.name}`",
        ).measured(measures)
    return green(f"{len(errors)} of {len(told)} log lines {window} tell of an error").measured(
        measures
    )


def judge_slow(service: ServiceTarget, lines: Sequence[LogLine], target: Target) -> Verdict:
    """Green when few requests, probes aside, are slow."""
    expected = target.expectations
    found = volume(service, lines, expected.log_window_s)
    slow = found.slow(expected.slow_request_ms)
    share = len(slow) / found.count if found.count else 0.0
    measures = [
        Measure("slow_requests", "share", share, Unit.SHARE, expected.slow_request_share),
        *(
            Measure("request", f"p{rank}", value / 1000, Unit.SECONDS)
            for rank, value in found.percentiles().items()
        ),
    ]
    said = (
        f"{len(slow)} of {found.count} requests in {expected.log_window_s // 60} min took more "
        f"than {expected.slow_request_ms} ms"
    )
    if len(slow) >= _FEW and share > expected.slow_request_share:
        worst = slow[0]
        return red(
            f"{said}, most {worst.method} {worst.path} ({worst.milliseconds:.0f} ms)",
            f"see `runbook requests {service.name} --since 1h` and `runbook resources`: mend what "
            "is slow",
        ).measured(measures)
    return green(said).measured(measures)


def tells_probe(service: ServiceTarget, line: LogLine) -> bool:
    """Whether a line tells of a health check alone."""
    request = as_request(line)
    return request is not None and is_probe(service, request.path)


def _shortened(text: str, limit: int = 120) -> str:
    return text if len(text) <= limit else text[: limit - 3] + "..."


ERRORS = Check(
    "errors", "D2", "few errors in the logs", services, collect, judge_errors, proves_change=False
)
SLOW = Check(
    "slow", "D4", "few requests are slow", services, collect, judge_slow, proves_change=False
)

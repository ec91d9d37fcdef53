"""What the monitor found, computed from its samples."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checks.traffic import percentile

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from runbook.monitor.sample import Connection, Mark, Sample

RANKS = (50, 95, 99)
_MILLISECONDS = 1000


@dataclass(frozen=True)
class Phase:
    """A part of the run, between marks; moments are seconds from the start."""

    name: str
    begin: float
    end: float
    samples: tuple[Sample, ...]

    @property
    def failed(self) -> int:
        """How many requests failed."""
        return sum(one.failure is not None for one in self.samples)

    def percentiles(self) -> dict[int, float]:
        """The 50th, 95th and 99th percentile of the latency in ms, of usual ones that succeeded."""
        quick = (one for one in self.samples if not one.connection.is_long)
        taken = sorted(one.latency for one in quick if not one.failure)
        return {rank: percentile(taken, rank) * _MILLISECONDS for rank in RANKS} if taken else {}


@dataclass(frozen=True)
class Kind:
    """The requests over one kind of connection."""

    samples: tuple[Sample, ...]

    @property
    def failed(self) -> int:
        """How many failed."""
        return sum(one.failure is not None for one in self.samples)

    def percentiles(self) -> dict[int, float]:
        """The 50th and 99th percentile of the latency in ms, of those that succeeded."""
        taken = sorted(one.latency for one in self.samples if not one.failure)
        return {rank: percentile(taken, rank) * _MILLISECONDS for rank in (50, 99)} if taken else {}

    def as_json(self) -> dict[str, Any]:
        """In JSON's types."""
        times = {f"p{rank}_ms": round(value, 1) for rank, value in self.percentiles().items()}
        return {"requests": len(self.samples), "failed": self.failed, **times}


@dataclass(frozen=True)
class Report:
    """The run of one monitor."""

    service: str
    url: str
    rate: float
    seconds: float
    samples: tuple[Sample, ...]
    marks: tuple[Mark, ...] = ()
    left_out: int = 0
    """Requests that were not sent, since this machine was more than a second behind."""
    connects: Mapping[Connection, int] | None = None
    """How many connections of each kind were opened."""
    closed: int = 0
    """Websockets that the other side ended, and that were opened anew; no failure."""
    uncounted: int = 0
    """Requests with a key of which the service does not tell any more how often they counted."""

    @property
    def requests(self) -> int:
        """How many requests were sent."""
        return len(self.samples)

    @cached_property
    def failures(self) -> tuple[Sample, ...]:
        """Those that failed, in order."""
        return tuple(one for one in self.samples if one.failure)

    @property
    def failed(self) -> int:
        """How many failed."""
        return len(self.failures)

    @property
    def kinds(self) -> dict[str, int]:
        """Failures by kind, the most frequent first."""
        return dict(Counter(one.failure or "" for one in self.failures).most_common())

    @property
    def by_connection(self) -> dict[str, int]:
        """Requests by the kind of their connection."""
        return dict(Counter(str(one.connection) for one in self.samples))

    @property
    def by_kind(self) -> dict[str, Kind]:
        """The same with their failures and times."""
        kinds = dict.fromkeys(one.connection for one in self.samples)
        return {
            str(kind): Kind(tuple(one for one in self.samples if one.connection is kind))
            for kind in kinds
        }

    @property
    def longest_gap(self) -> Gap:
        """The longest time in which no answer came."""
        return longest_gap([one.ended for one in self.samples if not one.failure], self.seconds)

    @property
    def versions(self) -> dict[str, int]:
        """Answers by the version they tell, in the order it was first seen."""
        return _counted(one.version for one in self.samples)

    @property
    def containers(self) -> dict[str, int]:
        """Answers by the container they tell, in the order it was first seen."""
        return _counted(one.container for one in self.samples)

    @property
    def reconnected(self) -> int:
        """How many were sent again, since their kept connection was found closed."""
        return sum(one.reconnected for one in self.samples)

    @property
    def draining(self) -> int:
        """How many answers of the health path told that their container drains."""
        return sum(one.draining for one in self.samples)

    @property
    def lag(self) -> float:
        """The most seconds by which this machine sent a request late."""
        return max((one.sent - one.due for one in self.samples), default=0.0)

    @property
    def phases(self) -> tuple[Phase, ...]:
        """Before the first mark, from there to the last one, after it; one phase without marks."""
        return phases(self.samples, self.marks, self.seconds)

    def between(self, first: str, last: str) -> Phase:
        """The phase between two marks by their labels.

        Raises:
            KeyError: there is no such mark.
        """
        moments = {mark.label: mark.at for mark in self.marks}
        return _phase(f"{first} - {last}", moments[first], moments[last], self.samples)

    def as_json(self) -> dict[str, Any]:
        """The report in JSON's types; times in seconds, latencies in milliseconds."""
        gap = self.longest_gap
        return {
            "service": self.service,
            "url": self.url,
            "rate": self.rate,
            "seconds": round(self.seconds, 3),
            "requests": self.requests,
            "failed": self.failed,
            "failures": self.kinds,
            "by_connection": self.by_connection,
            "by_kind": {name: kind.as_json() for name, kind in self.by_kind.items()},
            "websockets_closed": self.closed,
            "uncounted": self.uncounted,
            "failed_at": [_told(one) for one in self.failures[:100]],
            "longest_gap": {"seconds": round(gap.seconds, 3), "at": round(gap.begin, 3)},
            "versions": self.versions,
            "containers": self.containers,
            "reconnected": self.reconnected,
            "draining": self.draining,
            "connects": {str(kind): count for kind, count in (self.connects or {}).items()},
            "left_out": self.left_out,
            "lag_ms": round(self.lag * _MILLISECONDS, 1),
            "marks": [{"at": round(mark.at, 3), "label": mark.label} for mark in self.marks],
            "phases": [_phase_as_json(phase) for phase in self.phases],
        }


@dataclass(frozen=True)
class Gap:
    """A time without an answer; seconds from the start."""

    begin: float
    seconds: float


def longest_gap(answers: Iterable[float], end: float) -> Gap:
    """The longest time between answers, from the start to the end of the run."""
    moments = [0.0, *sorted(min(max(one, 0.0), end) for one in answers), end]
    gaps = [Gap(a, b - a) for a, b in itertools.pairwise(moments)]
    return max(gaps, key=lambda gap: gap.seconds)


def phases(samples: Sequence[Sample], marks: Sequence[Mark], end: float) -> tuple[Phase, ...]:
    """Split the samples at the first and the last mark, by when they were due."""
    if not marks:
        return (_phase("all", 0.0, math.inf, samples, end),)
    first, last = marks[0].at, marks[-1].at
    before = _phase("before", -math.inf, first, samples, end)
    after = _phase("after", last, math.inf, samples, end)
    if len(marks) == 1:
        return before, after
    return before, _phase("during", first, last, samples, end), after


def _phase(
    name: str, begin: float, end: float, samples: Iterable[Sample], run: float = math.inf
) -> Phase:
    found = tuple(one for one in samples if begin <= one.due < end)
    return Phase(name, max(begin, 0.0), min(end, run), found)


def _counted(values: Iterable[str | None]) -> dict[str, int]:
    return dict(Counter(value for value in values if value))


def _told(one: Sample) -> dict[str, Any]:
    return {
        "at": round(one.due, 3),
        "kind": one.failure,
        "path": one.path,
        "connection": str(one.connection),
        "seconds": round(one.latency, 3),
    }


def _phase_as_json(phase: Phase) -> dict[str, Any]:
    return {
        "name": phase.name,
        "begin": round(phase.begin, 3),
        "end": round(phase.end, 3),
        "requests": len(phase.samples),
        "failed": phase.failed,
        **{f"p{rank}_ms": round(value, 1) for rank, value in phase.percentiles().items()},
    }

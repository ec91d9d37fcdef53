"""A report of the monitor as lines for people."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from runbook.monitor.report import Kind, Phase, Report

_FIRST_FAILURES = 5
_LATE = 0.25  # seconds; from here on the latencies tell more of this machine than of the service


def lines(report: Report) -> Iterator[str]:
    """Yield the summary, the phases, and the first failures."""
    yield (
        f"{report.service}  {report.url}: {report.requests} requests in {report.seconds:.0f} s, "
        f"{report.failed} failed{_kinds(report.kinds)}"
    )
    gap = report.longest_gap
    yield f"  longest gap  {gap.seconds:.2f} s without an answer, from {gap.begin:.1f} s on"
    yield from (f"  {phase.name:<12} {_phase(phase)}" for phase in report.phases)
    yield from (f"  at {mark.at:6.1f} s  {mark.label}" for mark in report.marks)
    if report.versions:
        yield f"  versions     {_counts(report.versions)}"
    if report.containers:
        yield f"  containers   {_counts(report.containers)}"
    yield from (f"  {name:<12} {_kind(kind)}" for name, kind in report.by_kind.items())
    if report.uncounted:
        yield f"  note         how often {report.uncounted} keys counted is not told any more"
    if report.closed:
        yield f"  websockets   {report.closed} ended by the other side, opened anew (no failure)"
    yield f"  connections  {_connections(report)}"
    if report.draining:
        yield f"  draining     {report.draining} answers of the health path said so (no failure)"
    for one in report.failures[:_FIRST_FAILURES]:
        yield (
            f"  failed       at {one.due:.1f} s: {one.failure}, {one.method} {one.path}, "
            f"{one.connection} connection, after {one.latency:.2f} s"
        )
    if report.left_out:
        yield (
            f"  note         this machine is too busy for {report.rate:g} requests a second: "
            f"{report.left_out} were left out"
        )
    if report.lag > _LATE:
        yield (
            f"  note         this machine sent requests up to {report.lag:.1f} s late: "
            "latencies are too high by as much"
        )


def _kinds(kinds: Mapping[str, int]) -> str:
    return f" ({', '.join(f'{count} {kind}' for kind, count in kinds.items())})" if kinds else ""


def _phase(phase: Phase) -> str:
    taken = phase.percentiles()
    times = "  ".join(f"p{rank} {value:.0f} ms" for rank, value in taken.items())
    count = f"{len(phase.samples)} requests, {phase.failed} failed"
    return f"{count}, {phase.begin:.1f} - {phase.end:.1f} s  {times}".rstrip()


def _kind(kind: Kind) -> str:
    times = "  ".join(f"p{rank} {value:.0f} ms" for rank, value in kind.percentiles().items())
    return f"{len(kind.samples)} requests, {kind.failed} failed  {times}".rstrip()


def _counts(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items())


def _connections(report: Report) -> str:
    opened = ", ".join(f"{count} {kind}" for kind, count in (report.connects or {}).items())
    again = f"; {report.reconnected} requests sent again, since theirs was closed"
    return f"{opened} opened" + again * bool(report.reconnected)

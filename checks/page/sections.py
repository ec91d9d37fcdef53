"""The charts of a report, each from the measures that its checks left behind."""

from __future__ import annotations

import re
import statistics
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from checks.page.charts import Row, bar, chart, dots, stacked
from checks.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime
    from xml.etree import ElementTree as ET

    from checks.measure import Measure
    from checks.page.past import Past
    from checks.report import Report, Result

_RESOURCES = ("cpu", "memory", "disk", "inodes")
_BUDGETS = ("log_errors", "slow_requests")
_TITLES = {"log_errors": "errors in the logs", "slow_requests": "slow requests"}
_ROOM = 1.1  # what is right of the limit or the largest value


def charts(report: Report) -> list[ET.Element]:
    """All that there is something to show in."""
    made = (
        _results(report),
        _parts(report),
        _latency(report),
        _spread(report),
        _resources(report),
        _ages(report),
        _use(report),
    )
    return [one for one in made if one is not None]


def _results(report: Report) -> ET.Element | None:
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(result.runbook, []).append(result)
    rows = []
    for procedure, results in sorted(groups.items()):
        statuses = [result.verdict.status for result in results]
        counts = [(status.value, float(statuses.count(status))) for status in Status]
        words = ", ".join(f"{count:.0f} {tone}" for tone, count in counts if count)
        checks = ", ".join(dict.fromkeys(result.check for result in results))
        picture = stacked(counts, f"{procedure}: {words}")
        rows.append(Row(f"{procedure}  {checks}", picture, words))
    return chart("Results by check", "By procedure of the runbook.", rows) if rows else None


def _parts(report: Report) -> ET.Element | None:
    groups: dict[str, list[Result]] = {}
    for result in report.results:
        groups.setdefault(result.subject, []).append(result)
    rows = []
    for subject, results in groups.items():
        statuses = [result.verdict.status for result in results]
        counts = [(status.value, float(statuses.count(status))) for status in Status]
        words = ", ".join(f"{count:.0f} {tone}" for tone, count in counts if count)
        rows.append(Row(subject, stacked(counts, f"{subject}: {words}"), words))
    return (
        chart("Results by server and service", "Each part, with its checks.", rows)
        if rows
        else None
    )


def week(past: Past, now: datetime) -> list[ET.Element]:
    """A bar a day of the last seven: how much of it was green."""
    rows = []
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    for start in (midnight - timedelta(days=back) for back in range(6, -1, -1)):
        shares = past.shares(start, min(start + timedelta(days=1), now))
        if shares:
            words = f"{shares[Status.GREEN]:.0%} green"
            parts = [(status.value, share) for status, share in shares.items()]
            rows.append(Row(f"{start:%a %d %b}", stacked(parts, f"{start:%a}: {words}"), words))
    note = "A bar a day: the time in which all was green, something red, or could not be told."
    return [chart("The last week", note, rows)] if rows else []


def _latency(report: Report) -> ET.Element | None:
    rows = []
    for result in report.results:
        samples = [one for one in result.verdict.measures if one.name == "live"]
        if samples:
            rows.append(_latency_row(result, samples))
    limits = {f"{one.limit * 1000:g} ms" for _, one in _all(report, "live") if one.limit}
    note = f"A dot a request; the mark is the budget of {', '.join(sorted(limits))}."
    return chart("Latency of the liveness path", note, rows) if rows else None


def _latency_row(result: Result, samples: list[Measure]) -> Row:
    limit = samples[0].limit or 0.0
    scale = max(limit, *(one.value for one in samples)) * _ROOM
    median = statistics.median(one.value for one in samples) * 1000
    text = f"{median:.0f} ms"
    picture = dots(
        [one.value / scale for one in samples], limit / scale, f"{result.subject}: median {text}"
    )
    return Row(result.subject, picture, text)


def _spread(report: Report) -> ET.Element | None:
    found = list(_all(report, "answers"))
    rows = []
    for result, one in found:
        whole = sum(each.value for each in result.verdict.measures if each.name == one.name)
        words = f"{one.value:.0f} of {whole:.0f}"
        picture = bar(one.value / whole, None, f"{one.label}: {words}")
        rows.append(Row(f"{result.subject} {one.label}", picture, words))
    note = "Which container answered; equal bars are what a proxy that balances makes."
    return chart("Spread over containers", note, rows) if rows else None


def _resources(report: Report) -> ET.Element | None:
    rows = [
        Row(f"{one.name}, {one.label}", bar(one.value, one.limit, f"{one.label}: {one}"), str(one))
        for name in _RESOURCES
        for _, one in _all(report, name)
        if one.limit is not None
    ]
    rows += [
        Row(f"{_TITLES[one.name]}, {result.subject}", _of_limit(one), str(one))
        for name in _BUDGETS
        for result, one in _all(report, name)
    ]
    note = "The mark is the limit; errors and slow requests are shown as a part of theirs."
    return chart("Resources and budgets", note, rows) if rows else None


def _ages(report: Report) -> ET.Element | None:
    """How old what a recovery would start from is, beside how old it may be."""
    rows = []
    for result in (one for one in report.results if one.runbook.startswith("B")):
        for one in result.verdict.measures:
            if "age" in re.split("[ _]", one.name) and one.limit:
                scale = max(one.value, one.limit) * _ROOM
                words = f"{one} of {replace(one, value=one.limit)}"
                picture = bar(one.value / scale, one.limit / scale, f"{one.name}: {words}")
                rows.append(Row(f"{one.name.replace('_', ' ')}, {one.label}", picture, words))
    note = "The mark is how old it may be."
    return chart("Ages of backups and dumps", note, rows) if rows else None


def _of_limit(one: Measure) -> ET.Element:
    scale = (one.limit or 1.0) * _ROOM
    return bar(one.value / scale, (one.limit or 1.0) / scale, f"{_TITLES[one.name]}: {one}")


def _use(report: Report) -> ET.Element | None:
    memory = {one.label: one for _, one in _all(report, "memory")}
    found = [one for _, one in _all(report, "cpu") if one.label != "all containers"]
    top = max((one.value for one in found), default=0.0) or 1.0
    rows = [
        Row(one.label, bar(one.value / top, None, f"{one.label}: {one} of the CPU"), words)
        for one in sorted(found, key=lambda one: -one.value)
        for words in [f"{one} CPU, {memory.get(one.label, 'no')} memory"]
    ]
    note = "Part of all cores and of the memory; bars are relative to the busiest."
    return chart("Containers", note, rows) if rows else None


def _all(report: Report, name: str) -> Iterator[tuple[Result, Measure]]:
    for result in report.results:
        for one in result.verdict.measures:
            if one.name == name:
                yield result, one

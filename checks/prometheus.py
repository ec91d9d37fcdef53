"""A report in Prometheus' text format, for a scraper or the node exporter's text collector."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from checks.measure import Unit
from checks.verdict import Status

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from checks.report import Report, Result

_SUFFIX = {Unit.SECONDS: "seconds", Unit.SHARE: "ratio", Unit.DAYS: "days", Unit.COUNT: "count"}
_ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "\n": r"\n"})


def prometheus(report: Report, *, now: float | None = None) -> str:
    """Gauges: the status of each check, how long it took, and the numbers behind it."""
    return "".join(
        line + "\n"
        for family in (
            _status(report),
            _durations(report),
            *_measures(report),
            _moment(report, time.time() if now is None else now),
        )
        for line in family
    )


def _status(report: Report) -> Iterator[str]:
    yield from _head("nutri_check_status", "1 for the status that the check has, 0 for the others.")
    for result in report.results:
        for status in Status:
            value = float(result.verdict.status is status)
            labels = _labels(report, result) | {"status": status.value}
            yield _sample("nutri_check_status", labels, value)


def _durations(report: Report) -> Iterator[str]:
    yield from _head("nutri_check_duration_seconds", "How long the check took.")
    for result in report.results:
        yield _sample("nutri_check_duration_seconds", _labels(report, result), result.seconds)


def _measures(report: Report) -> Iterator[list[str]]:
    families: dict[str, list[str]] = {}
    for result in report.results:
        for one in result.verdict.measures:
            name = f"nutri_{one.name}_{_SUFFIX[one.unit]}"
            text = f"Measured by check {result.check}: {result.title}."
            lines = families.setdefault(name, list(_head(name, text)))
            labels = {"stack": report.stack, "subject": result.subject, "of": one.label}
            lines.append(_sample(name, labels, one.value))
    yield from families.values()


def _moment(report: Report, now: float) -> Iterable[str]:
    name = "nutri_checks_last_run_timestamp_seconds"
    return [*_head(name, "When the checks ran."), _sample(name, {"stack": report.stack}, now)]


def _labels(report: Report, result: Result) -> dict[str, str]:
    return {
        "stack": report.stack,
        "check": result.check,
        "runbook": result.runbook,
        "subject": result.subject,
    }


def _head(name: str, text: str) -> Iterator[str]:
    yield f"# HELP {name} {text}"
    yield f"# TYPE {name} gauge"


def _sample(name: str, labels: Mapping[str, str], value: float) -> str:
    pairs = ",".join(f'{key}="{text.translate(_ESCAPES)}"' for key, text in labels.items())
    return f"{name}{{{pairs}}} {value!r}"

"""The page: what is wrong first, then charts, then every result."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from checks.page.drill import timeline
from checks.page.elements import coded, document, el
from checks.page.links import Links
from checks.page.past import Past
from checks.page.sections import charts, week
from checks.verdict import Status
from common import duration

if TYPE_CHECKING:
    from collections.abc import Sequence
    from xml.etree import ElementTree as ET

    from checks.causes import Cause
    from checks.page.drill import Timeline
    from checks.report import Report, Result

_STYLE = Path(__file__).with_name("style.css")
_MARKS = {Status.GREEN: "✓", Status.RED: "✗", Status.UNKNOWN: "?"}


def page(  # noqa: PLR0913 - each but the first has a default
    report: Report,
    *,
    now: datetime | None = None,
    drill: Timeline | None = None,
    holes: Sequence[tuple[str, str]] = (),
    past: Past | None = None,
    links: Links | None = None,
) -> str:
    """The report as one HTML document.

    Args:
        report: of the checks.
        now: when it is made.
        drill: whose timeline is on it too.
        holes: what the set-up lacks, and how each is had; they are yellow and fail nothing.
        past: what was red before; None: nothing is known of it.
        links: where names lead; None: nowhere.
    """
    moment, ways = now or datetime.now(UTC), links or Links()
    known = past or Past()
    cards = [*charts(report), *week(known, moment), *([timeline(drill)] if drill else [])]
    return document(
        f"{_headline(report)} - {report.stack}",
        _STYLE.read_text(),
        el("header", _title(report, moment), _tiles(report), class_=f"head {_tone(report)}"),
        el(
            "main",
            ways.section(),
            _attention(report, known, moment, ways),
            _holes(holes, ways),
            el("div", cards, class_="grid"),
            _table(report, known, moment, ways),
        ),
        el("footer", "Made by ", el("code", "runbook check --html"), "."),
    )


def _tone(report: Report) -> str:
    if not report.exit_code:
        return Status.GREEN
    return Status.RED if any(map(_is_red, report.results)) else Status.UNKNOWN


def _headline(report: Report) -> str:
    count = len(report.results)
    if not count:
        return "No check ran"
    red = sum(map(_is_red, report.results))
    untold = len(report.not_green) - red
    if red:
        return f"{red} of {count} checks are red"
    return f"{untold} of {count} could not be told" if untold else f"All {count} checks are green"


def _title(report: Report, moment: datetime) -> ET.Element:
    return el(
        "div",
        el("p", f"nutri, stack {report.stack}", class_="stack"),
        el("h1", _headline(report)),
        el("time", f"{moment:%Y-%m-%d %H:%M:%S} UTC", datetime=moment.isoformat()),
    )


def _tiles(report: Report) -> ET.Element:
    counts = {s: sum(one.verdict.status is s for one in report.results) for s in Status}
    tiles = [
        el(
            "div",
            el("strong", str(count)),
            el("span", f"{_MARKS[status]} {status}"),
            class_=f"tile {status}" if count else "tile none",
        )
        for status, count in counts.items()
    ]
    return el("div", tiles, class_="tiles")


def _attention(report: Report, past: Past, now: datetime, ways: Links) -> ET.Element | None:
    if not report.not_green:
        return None
    items = [
        el(
            "li",
            el(
                "div",
                _badge(one.status),
                " ",
                el("a", f"{one.check} ", el("b", one.subject), href=f"#{_place(one)}"),
                _since(one.results[0], past, now),
                class_="what",
            ),
            el("p", ways.text(one.message)),
            el("p", ways.text(one.remedy), class_="remedy"),
            _consequences(one),
            class_=one.status.value,
        )
        for one in report.causes
    ]
    return el(
        "section", el("h2", "To be looked at"), el("ul", items, class_="attention"), class_="card"
    )


def _holes(holes: Sequence[tuple[str, str]], ways: Links) -> ET.Element | None:
    if not holes:
        return None
    items = [
        el("li", el("p", coded(what)), el("p", ways.text(remedy), class_="remedy"), class_="hole")
        for what, remedy in holes
    ]
    return el(
        "section",
        el("h2", "Holes of the set-up"),
        el("ul", items, class_="attention"),
        class_="card",
    )


def _consequences(cause: Cause) -> ET.Element | None:
    if not cause.consequences:
        return None
    items = [
        el("li", _badge(one.verdict.status), f" {one.check} {one.subject}")
        for one in cause.consequences
    ]
    return el("details", el("summary", cause.because()), el("ul", items, class_="because"))


def _since(result: Result, past: Past, now: datetime) -> ET.Element | None:
    begun = past.since(result)
    if begun is None:
        return None
    ago = duration.spoken((now - begun).total_seconds())
    return el("span", f" since {begun:%a %H:%M} UTC, {ago}", class_="note")


def _place(one: Cause | Result) -> str:
    return f"{one.check}-{one.subject}".replace(" ", "-")


def _table(report: Report, past: Past, now: datetime, ways: Links) -> ET.Element:
    heads = ("", "procedure", "check", "subject", "finding", "took")
    rows = [
        el(
            "tr",
            el("td", _badge(one.verdict.status)),
            el("td", ways.procedure(one.runbook)),
            el("td", one.check, title=one.title),
            el("td", ways.subject(one.subject)),
            el("td", one.verdict.message, _since(one, past, now)),
            el("td", f"{one.seconds:.1f} s", class_="value"),
            class_=one.verdict.status.value,
            id=_place(one),
        )
        for one in report.results
    ]
    table = el(
        "table", el("thead", el("tr", [el("th", head) for head in heads])), el("tbody", rows)
    )
    return el(
        "section",
        el("h2", "All results"),
        el("div", table, class_="scroll"),
        class_="card",
    )


def _badge(status: Status) -> ET.Element:
    return el("span", f"{_MARKS[status]} {status}", class_=f"badge {status}")


def _is_red(result: Result) -> bool:
    return result.verdict.status is Status.RED

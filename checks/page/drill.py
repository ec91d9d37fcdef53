"""A drill or a recovery as a timeline: each step a bar, from when it began to when it ended."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from checks.page.charts import Row, chart, span
from checks.page.elements import document, el
from common.duration import spoken

if TYPE_CHECKING:
    from collections.abc import Mapping
    from xml.etree import ElementTree as ET

_STYLE = Path(__file__).with_name("style.css")


@dataclass(frozen=True)
class Step:
    """One step: seconds from the start of the drill, and how long it took."""

    name: str
    begin: float
    seconds: float
    well: bool = True


@dataclass(frozen=True)
class Timeline:
    """What was done, step by step; `limit` is the seconds it may take in all, if there is one."""

    name: str
    steps: tuple[Step, ...]
    limit: float | None = None

    @property
    def seconds(self) -> float:
        """From the first step's begin to the last one's end."""
        return max((one.begin + one.seconds for one in self.steps), default=0.0)


def timeline(drill: Timeline) -> ET.Element:
    """The drill as a card."""
    whole = drill.seconds or 1.0
    rows = [
        Row(
            one.name,
            span(one.begin / whole, one.seconds / whole, one.well, f"{one.name}: {took}"),
            took,
        )
        for one in drill.steps
        for took in [spoken(one.seconds)]
    ]
    allowed = f", allowed are {spoken(drill.limit)}" if drill.limit else ""
    return chart(f"Drill: {drill.name}", f"It took {spoken(drill.seconds)}{allowed}.", rows)


def document_of(  # noqa: PLR0913 - all that is on it
    title: str,
    subtitle: str,
    drill: Timeline,
    measures: Mapping[str, float],
    *,
    problem: str = "",
    note: str = "",
) -> str:
    """A drill as a page of its own, in the form of the report's."""
    rows = [
        el("tr", el("td", name), el("td", f"{value:g}", class_="value"))
        for name, value in sorted(measures.items())
    ]
    tone = "red" if problem else "green"
    heading = el("div", el("h1", title), el("p", subtitle, class_="note"))
    return document(
        title,
        _STYLE.read_text(),
        el("header", heading, class_=f"head {tone}"),
        el(
            "main",
            el("p", problem, class_="card") if problem else None,
            timeline(drill),
            el("p", note, class_="note") if note else None,
            el("section", el("h2", "Measured"), el("table", rows), class_="card") if rows else None,
        ),
    )

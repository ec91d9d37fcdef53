"""A drill or a recovery as a timeline: each step a bar, from when it began to when it ended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.page.charts import Row, chart, span
from common.duration import spoken

if TYPE_CHECKING:
    from xml.etree import ElementTree as ET


@dataclass(frozen=True)
class Step:
    """One step: seconds from the start of the drill, and how long it took."""

    name: str
    begin: float
    seconds: float
    well: bool = True


@dataclass(frozen=True)
class Drill:
    """What was done, step by step; `limit` is the seconds it may take in all, if there is one."""

    name: str
    steps: tuple[Step, ...]
    limit: float | None = None

    @property
    def seconds(self) -> float:
        """From the first step's begin to the last one's end."""
        return max((one.begin + one.seconds for one in self.steps), default=0.0)


def timeline(drill: Drill) -> ET.Element:
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

"""A drill as a page of its own: a bar a phase, and what was measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.page import Step, Timeline, document_of

if TYPE_CHECKING:
    from runbook.drills.report import Drill


def page(drill: Drill) -> str:
    """The page."""
    took = ", ".join(f"{phase.name}: {phase.note}" for phase in drill.phases if phase.note)
    return document_of(
        f"Drill {drill.name} of {drill.stack}",
        f"{drill.started:%Y-%m-%d %H:%M} UTC: {drill.outcome.value}",
        _timeline(drill),
        drill.measures,
        problem=drill.error,
        note=took,
    )


def _timeline(drill: Drill) -> Timeline:
    last = len(drill.phases)
    steps = (
        Step(one.name, one.at, one.seconds, well=not drill.exit_code or number < last)
        for number, one in enumerate(drill.phases, 1)
    )
    return Timeline(drill.name, tuple(steps))

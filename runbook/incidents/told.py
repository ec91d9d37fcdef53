"""An incident in a few lines: for the screen, and for a phone."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook.incidents.incident import State

if TYPE_CHECKING:
    from runbook.incidents.incident import Incident


def line(one: Incident) -> str:
    """Which it is, how severe, and how far it is."""
    return f"incident {one.id} ({one.severity}, {one.state}): {one.title}"


def push(one: Incident) -> str:
    """What a phone shows: the news, where, since when, who has it, by when, and what to type."""
    return f"{one.timeline[-1].what}\n{facts(one)}\n{following(one)}"


def facts(one: Incident) -> str:
    """Stack, severity, since when, who has it, and by when somebody has to."""
    since = one.failing_since or one.opened
    told = (
        f"stack {one.stack or 'none in particular'}, {one.severity}",
        f"since {since:%Y-%m-%d %H:%M} UTC",
        f"{one.owner or 'nobody'} has it",
    )
    clock = [] if one.acknowledged else [f"acknowledge by {one.respond_by:%H:%M} UTC"]
    return ", ".join([*told, *clock])


def following(one: Incident) -> str:
    """The next verb."""
    now = datetime.now(UTC).replace(microsecond=0)
    return {
        State.OPEN: f"{one.response(now)}: `runbook incident ack`",
        State.ACKNOWLEDGED: f"owner {one.owner}; next: `runbook incident note`, then `mitigated`",
        State.MITIGATED: "next: `runbook incident close`",
        State.CLOSED: "next: `runbook incident postmortem`",
    }[one.state]

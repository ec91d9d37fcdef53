"""I3: the post-mortem of an incident, as Markdown; pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common import duration
from runbook.incidents.document import SECTIONS, TIMELINE, TO_BE_WRITTEN, event_line

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from runbook.incidents.incident import Incident

_CLOCK = "%Y-%m-%d %H:%M"


def render(incident: Incident, now: datetime) -> str:
    """The whole document: a table of facts, then the sections in the runbook's order."""
    rows = "\n".join(f"| {name} | {_cell(value)} |" for name, value in _facts(incident, now))
    head = f"# Post-mortem: {incident.title}\n\n| | |\n|---|---|\n{rows}\n"
    return "\n".join([head, *_sections(incident)])


def missing(incident: Incident) -> list[str]:
    """What is still to be written, by name."""
    texts = [name for name in SECTIONS if name != "Impact" and not incident.sections.get(name)]
    impact = {
        "users affected": incident.users_affected,
        "failed requests": incident.failed_requests,
    }
    end = [] if incident.closed else ["the end of the incident"]
    return [*texts, *(name for name, value in impact.items() if value is None), *end]


def _facts(incident: Incident, now: datetime) -> Iterator[tuple[str, str]]:
    yield "Incident", incident.id
    yield "Date", f"{incident.opened:%Y-%m-%d}"
    yield "Duration", _duration(incident, now)
    minutes = duration.spoken(incident.severity.response.total_seconds())
    yield "Severity", f"{incident.severity}, {incident.severity.meaning}"
    yield "Response", f"{incident.response(now)}; {incident.severity} allows {minutes}"
    yield "Detected", _detected(incident)
    yield "Owner", incident.owner or "nobody"
    yield from ((role.capitalize(), person) for role, person in incident.roles.items())
    yield "Stack", incident.stack or "none in particular"


def _detected(incident: Incident) -> str:
    if incident.failing_since is None:
        return f"{incident.opened:{_CLOCK}} UTC; when it began is not known"
    after = _length(incident.failing_since, incident.opened)
    return f"{incident.opened:{_CLOCK}} UTC, {after} after the first failure"


def _duration(incident: Incident, now: datetime) -> str:
    start = incident.failing_since or incident.opened
    end = incident.mitigated or incident.closed
    if end is None:
        return f"{_length(start, now)} so far, since {start:{_CLOCK}} UTC"
    whole = f"{_length(start, end)} until mitigated"
    span = f"{start:{_CLOCK}} to {end:{_CLOCK}} UTC"
    if incident.closed:
        return f"{whole} ({span}), {_length(start, incident.closed)} until closed"
    return f"{whole} ({span})"


def _length(start: datetime, end: datetime) -> str:
    return duration.spoken((end - start).total_seconds())


def _sections(incident: Incident) -> Iterator[str]:
    texts = dict(incident.sections)
    for name in ("Summary", TIMELINE, *SECTIONS[1:]):
        yield f"## {name}\n\n{_text(incident, name, texts.pop(name, ''))}\n"
    for name, text in texts.items():
        yield f"## {name}\n\n{text}\n"


def _text(incident: Incident, name: str, text: str) -> str:
    if name == TIMELINE:
        return "\n".join(event_line(event) for event in incident.timeline)
    if name == "Impact":
        requests = incident.failed_requests
        facts = (
            f"- users affected: {incident.users_affected or TO_BE_WRITTEN}\n"
            f"- failed requests: {TO_BE_WRITTEN if requests is None else requests}"
        )
        return f"{facts}\n\n{text}".rstrip()
    return text or TO_BE_WRITTEN


def _cell(text: str) -> str:
    return text.replace("|", "\\|")

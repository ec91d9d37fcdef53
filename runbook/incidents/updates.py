"""Updates of the stack, from its history, as lines of an incident's timeline; pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from runbook.incidents.incident import Event

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from runbook.incidents.incident import Incident

WHO = "pulumi"
_KINDS = frozenset({"update", "destroy", "refresh", "import", "rename"})


def with_updates(
    incident: Incident, history: Iterable[Mapping[str, Any]], now: datetime
) -> Incident:
    """The incident with a line for each update that ended in its time, each once."""
    end = incident.closed or now
    known = {(one.at, one.who) for one in incident.timeline}
    for entry in history:
        event = _event(entry)
        if event and incident.opened <= event.at <= end and (event.at, event.who) not in known:
            incident = incident.with_event(event)
    return incident


def _event(entry: Mapping[str, Any]) -> Event | None:
    if entry.get("kind") not in _KINDS or not entry.get("endTime"):
        return None
    ended = datetime.fromisoformat(str(entry["endTime"])).astimezone(UTC).replace(microsecond=0)
    counts: Mapping[str, int] = entry.get("resourceChanges") or {}
    changes = [f"{count} {op}" for op, count in counts.items() if op != "same"]
    message = f" ({entry['message']})" if entry.get("message") else ""
    what = f"{entry['kind']} {entry.get('result', 'ended')}: {', '.join(changes) or 'no change'}"
    return Event(at=ended, who=WHO, what=what + message)

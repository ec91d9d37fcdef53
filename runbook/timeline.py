"""What a verb did, as a line in the timeline of the running incident."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from runbook import who
from runbook.incidents import Event, record

if TYPE_CHECKING:
    from common.target import Target


def keep(target: Target, what: str, *, failed_requests: int | None = None) -> None:
    """Add the line, by who sits here; nothing happens when no incident of the stack is open."""
    event = Event(at=datetime.now(UTC), who=who.name(), what=what)
    record(event, stack=target.stack, failed_requests=failed_requests)

"""What other verbs did, and what checks saw, goes into the timelines of running incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.incidents.folder import Folder

if TYPE_CHECKING:
    from runbook.incidents.incident import Event, Incident


def record(
    event: Event, *, stack: str | None = None, folder: Folder | None = None
) -> list[Incident]:
    """Add an event to every running incident of a stack; nothing happens when there is none.

    Args:
        event: what happened.
        stack: the stack it happened on; None means any.
        folder: for tests; default: the project's.

    Raises:
        OperatorError: when the folder cannot be read or written.
    """
    kept = folder or Folder.of_project()
    return [
        kept.change(one.id, lambda incident: incident.with_event(event))
        for one in kept.running(stack)
    ]

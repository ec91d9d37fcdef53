"""What other verbs did, and what checks saw, goes into the timelines of running incidents."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook.incidents.folder import Folder

if TYPE_CHECKING:
    from runbook.incidents.incident import Event, Incident


def record(
    event: Event,
    *,
    stack: str | None = None,
    failed_requests: int | None = None,
    folder: Folder | None = None,
) -> list[Incident]:
    """Add an event to every running incident of a stack; nothing happens when there is none.

    Args:
        event: what happened.
        stack: the stack it happened on; None means any.
        failed_requests: how many were counted; None: nobody counted.
        folder: for tests; default: the project's.

    Raises:
        OperatorError: when the folder cannot be read or written.
    """
    kept = folder or Folder.of_project()
    return [
        kept.change(one.id, lambda incident: _grown(incident, event, failed_requests))
        for one in kept.running(stack)
    ]


def _grown(incident: Incident, event: Event, failed_requests: int | None) -> Incident:
    told = incident.with_event(event)
    return told if failed_requests is None else told.with_failed(failed_requests)

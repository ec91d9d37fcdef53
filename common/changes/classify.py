"""From a change to what it may cost. Pure: no network, no engine, no state."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.changes import losses, updates
from common.changes.model import Finding, Op, kind

if TYPE_CHECKING:
    from common.changes.model import Change


def classify(change: Change) -> tuple[Finding, ...]:
    """Return what there is to say about a change, the gravest first; nothing: it is harmless."""
    found: list[Finding] = []
    if change.op.removes:
        found = losses.of_removal(change)
    elif change.op is Op.UPDATE:
        found = updates.of_update(change)
    return tuple(sorted(found, key=lambda one: -one.risk.severity))


def is_guarded(type_token: str) -> bool:
    """Whether removing a resource of a type has to be acknowledged."""
    return kind(type_token) in losses.REFUSED


def is_watched(type_token: str) -> bool:
    """Whether updates of a type may say something."""
    return kind(type_token) in updates.RULES

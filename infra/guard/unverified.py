"""Whether a change still waits for its verification: one that failed, or was cut off before it.

The verification itself cannot tell. An update that fails or is killed leaves it as it was, and once
the config is put back there is nothing left of the change that it could see. The engine's own
records tell: the last update failed, there are operations that never came to their end, or a
resource was changed at a time at which no operation on record ran: the one that did was killed
between two resources, and has no record.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pulumi

from infra import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

# What a refresh finds otherwise only where there is something to do about it. Of others it notes
# how full they are and the like, each time anew.
_STEADY = ("pulumi-python:dynamic", "command:", "hcloud:index/server:", "hcloud:index/firewall:")
_VERIFICATION = "nutri:Verification"


def why() -> str:
    """Say why all has to be verified again, whatever else there is to do; empty where not."""
    try:
        return reason(state.history(), state.pending(), state.resources())
    except state.ReadError as error:
        pulumi.log.warn(f"whether an earlier change was verified cannot be told: {error}")
        return ""


def reason(
    history: Sequence[Mapping[str, Any]],
    pending: Iterable[Mapping[str, Any]],
    resources: Iterable[Mapping[str, Any]] = (),
) -> str:
    """Judge by the stack's history, newest first, what is under way still, and what was changed."""
    cut_off = sorted(f"{one.get('type')} {_name(one.get('resource'))}" for one in pending)
    if cut_off:
        return f"the last update was cut off: {', '.join(cut_off)}"
    last = next((one for one in history if one.get("kind") == "update"), {})
    if last.get("result") == "failed":
        return "the last update failed"
    loose = sorted(_name(one) for one in resources if _is_loose(one, history))
    return f"the last update was cut off after {', '.join(loose)}" if loose else ""


def _is_loose(resource: Mapping[str, Any], history: Sequence[Mapping[str, Any]]) -> bool:
    """Whether it was changed since the last update, by nothing that is on record."""
    kind = str(resource.get("type"))
    if not kind.startswith(_STEADY) or _VERIFICATION in kind:
        return False
    changed = _second(resource.get("modified"))
    spans = [_span(one) for one in history]
    ends = [_span(one)[1] for one in history if one.get("kind") == "update"]
    if changed is None or not ends or changed <= ends[0]:
        return False
    return not any(start <= changed <= end for start, end in spans)


def _span(operation: Mapping[str, Any]) -> tuple[datetime, datetime]:
    start, end = (_second(operation.get(key)) for key in ("startTime", "endTime"))
    never = datetime.min.replace(tzinfo=UTC)
    return start or never, end or never


def _second(moment: object) -> datetime | None:
    """Read a moment of the engine's, to the second: its history tells no more."""
    try:
        # Go writes as many digits of a second as there are.
        text = re.sub(r"\.\d+", "", str(moment))
        return datetime.fromisoformat(text).astimezone(UTC)
    except ValueError:
        return None


def _name(resource: Mapping[str, Any] | None) -> str:
    return str((resource or {}).get("urn")).rpartition("::")[2]

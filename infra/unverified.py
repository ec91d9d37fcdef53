"""Whether a change still waits for its verification: one that failed, or was cut off before it.

The verification itself cannot tell. An update that fails or is killed leaves it as it was, and once
the config is put back there is nothing left of the change that it could see. The engine's own
records tell: the last update failed, or there are operations that never came to their end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi

from infra import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


def why() -> str:
    """Say why all has to be verified again, whatever else there is to do; empty where not."""
    try:
        return reason(state.history(), state.pending())
    except state.ReadError as error:
        pulumi.log.warn(f"whether an earlier change was verified cannot be told: {error}")
        return ""


def reason(history: Iterable[Mapping[str, Any]], pending: Iterable[Mapping[str, Any]]) -> str:
    """Judge by the stack's history, newest first, and the operations that are under way still."""
    cut_off = sorted(f"{one.get('type')} {_name(one)}" for one in pending)
    if cut_off:
        return f"the last update was cut off: {', '.join(cut_off)}"
    last = next((one for one in history if one.get("kind") == "update"), {})
    return "the last update failed" if last.get("result") == "failed" else ""


def _name(operation: Mapping[str, Any]) -> str:
    return str((operation.get("resource") or {}).get("urn")).rpartition("::")[2]

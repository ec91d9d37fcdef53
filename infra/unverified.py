"""Whether a change still waits for its verification: one that failed, or was cut off before it.

The verification itself cannot tell. An update that fails or is killed leaves it as it was, and once
the config is put back there is nothing left of the change that it could see. The engine's own
records tell: the last update failed, or something was changed after the last verification.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import pulumi

from infra import state

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_VERIFICATION = "pulumi-python:dynamic/nutri:Verification"
# What a refresh may find different at any time, though nobody changed it: sizes, counters.
_RESTLESS = ("hcloud:index/storageBox", "pulumi:providers:")


def why() -> str:
    """Say why all has to be verified again, whatever else there is to do; empty where not."""
    try:
        return reason(state.history(), state.resources())
    except state.ReadError as error:
        pulumi.log.warn(f"whether an earlier change was verified cannot be told: {error}")
        return ""


def reason(history: Iterable[Mapping[str, Any]], resources: Iterable[Mapping[str, Any]]) -> str:
    """Judge by the stack's history, newest first, and its resources."""
    last = next((one for one in history if one.get("kind") == "update"), {})
    if last.get("result") == "failed":
        return "the last update failed"
    known = list(resources)
    verified = [_moment(one) for one in known if one.get("type") == _VERIFICATION]
    moment = next((at for at in verified if at), None)
    if moment is None:
        return ""
    later = [_name(one) for one in known if _counts(one) and (_moment(one) or moment) > moment]
    return f"changed since the last verification: {', '.join(sorted(later))}" if later else ""


def _counts(resource: Mapping[str, Any]) -> bool:
    kind = str(resource.get("type"))
    return bool(resource.get("custom")) and kind != _VERIFICATION and not kind.startswith(_RESTLESS)


def _moment(resource: Mapping[str, Any]) -> datetime | None:
    text = str(resource.get("modified") or "")
    # Go writes nanoseconds, and no zero at the end.
    head, dot, rest = text.partition(".")
    digits = rest.rstrip("Z") if dot else "0"
    return datetime.fromisoformat(f"{head.rstrip('Z')}.{digits[:6]:0<6}+00:00") if text else None


def _name(resource: Mapping[str, Any]) -> str:
    return str(resource["urn"]).rpartition("::")[2]

"""What the checks want to know of this server's dumps, in one go."""

from __future__ import annotations

import os
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from agent.dumps import status
from agent.dumps.errors import DumpError
from agent.dumps.running import run

if TYPE_CHECKING:
    from agent.dumps.restic import Restic

TIMERS = ("nutri-dump.timer", "nutri-dump-verify.timer")
_PROPERTIES = ("ActiveState", "UnitFileState", "NextElapseUSecRealtime", "LastTriggerUSec")
_ENDS = ("Result", "ExecMainStatus", "ExecMainExitTimestamp")
_UNITS = {"dump": "nutri-dump.service", "proof": "nutri-dump-verify.service"}
_RESULTS = {
    "oom-kill": "the machine had no memory left, and it was killed",
    "timeout": "it took longer than systemd lets it",
    "signal": "it was killed",
    "core-dump": "it crashed",
}
_BUSY = "75"
_A_LITTLE = 10
_BOUND = 40.0


def gather(restic: Restic) -> dict[str, Any]:
    """The status, the timers, and the dumps that are in the repository this very moment."""
    facts: dict[str, Any] = {"now": status.now(), "status": _with_unseen(status.read())}
    facts["timers"] = {name: _timer(name) for name in TIMERS}
    try:
        held = restic.held(_BOUND)
    except DumpError as error:
        return facts | {"repository": str(error), "dumps": []}
    data = {one.run for one in held.data}
    dumps = [{"run": one.run, "at": one.time} for one in held.manifests if one.run in data]
    return facts | {"repository": None, "dumps": dumps}


def _with_unseen(known: dict[str, Any]) -> dict[str, Any]:
    """What is known, and the ends that nobody could write down: of a mark, of a unit."""
    mark = known.pop("running", None)
    if mark and not status.at_work():
        known |= {
            mark["fact"]: _failed(mark["at"], f"{mark['what']} ended without a word: {_why(mark)}")
        }
    last = max((one.get("at", "") for one in known.values() if isinstance(one, dict)), default="")
    for fact, unit in _UNITS.items():
        shown = _shown(unit, _ENDS, "--timestamp=unix")
        at = _moment(shown.get("ExecMainExitTimestamp", ""))
        if shown.get("Result", "success") == "success" or shown.get("ExecMainStatus") == _BUSY:
            continue
        if at and at > _later(last):
            known |= {fact: _failed(at, f"{unit} failed and left no word: {shown['Result']}")}
    return known


def _failed(at: str, message: str) -> dict[str, Any]:
    log = "`journalctl -u nutri-dump -n 50` on the server says more"
    return {"at": at, "ok": False, "message": f"{message}; {log}"}


def _why(mark: dict[str, str]) -> str:
    if mark["boot"] != status.boot():
        return "the machine was switched off or started anew"
    result = _shown(_UNITS[mark["fact"]], _ENDS).get("Result", "")
    return _RESULTS.get(result, "it was killed, or the disk was full")


def _moment(stamp: str) -> str:
    with suppress(ValueError):
        at = datetime.fromtimestamp(int(stamp.lstrip("@")), UTC)
        return at.isoformat().replace("+00:00", "Z")
    return ""


def _later(at: str) -> str:
    """Some seconds after what was written last: a unit ends a little after its last word."""
    if not at:
        return at
    later = datetime.fromisoformat(at) + timedelta(seconds=_A_LITTLE)
    return later.isoformat().replace("+00:00", "Z")


def _timer(name: str) -> dict[str, str]:
    return _shown(name, _PROPERTIES)


def _shown(name: str, properties: tuple[str, ...], *options: str) -> dict[str, str]:
    words = ["systemctl", "show", name, f"--property={','.join(properties)}", *options]
    try:
        shown = run(words, os.environ, timeout=20)
    except DumpError as error:
        return {"ActiveState": f"unknown: {error}"}
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

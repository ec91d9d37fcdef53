"""What the checks want to know of this server's dumps, in one go."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from infra.dumper import status
from infra.dumper.errors import DumpError
from infra.dumper.running import run

if TYPE_CHECKING:
    from infra.dumper.restic import Restic

TIMERS = ("nutri-dump.timer", "nutri-dump-verify.timer")
_PROPERTIES = ("ActiveState", "UnitFileState", "NextElapseUSecRealtime", "LastTriggerUSec")
_BOUND = 40.0


def gather(restic: Restic) -> dict[str, Any]:
    """The status, the timers, and the dumps that are in the repository this very moment."""
    facts: dict[str, Any] = {"now": status.now(), "status": status.read()}
    facts["timers"] = {name: _timer(name) for name in TIMERS}
    try:
        held = restic.held(_BOUND)
    except DumpError as error:
        return facts | {"repository": str(error), "dumps": []}
    data = {one.run for one in held.data}
    dumps = [{"run": one.run, "at": one.time} for one in held.manifests if one.run in data]
    return facts | {"repository": None, "dumps": dumps}


def _timer(name: str) -> dict[str, str]:
    names = ",".join(_PROPERTIES)
    try:
        shown = run(["systemctl", "show", name, f"--property={names}"], os.environ, timeout=20)
    except DumpError as error:
        return {"ActiveState": f"unknown: {error}"}
    return dict(line.split("=", 1) for line in shown.splitlines() if "=" in line)

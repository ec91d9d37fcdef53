"""Copies what Docker says about containers into the applications' `status`."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from localcloud.coolify.deploy import commands
from localcloud.coolify.remote.shell import RemoteError, checked
from localcloud.coolify.servers import models as servers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.coolify.database import Row
    from localcloud.coolify.instance import Coolify

_COLUMNS = 3
_log = logging.getLogger(__name__)
_HEALTH = {"(healthy)": "healthy", "(unhealthy)": "unhealthy", "(health: starting)": "starting"}


def refresh(coolify: Coolify) -> None:
    """Look at every usable server once."""
    for server in servers.every(coolify.db):
        if not server["is_usable"]:
            continue
        try:
            found = checked(coolify.shell(server), commands.statuses())
        except RemoteError as error:
            _log.warning("statuses of %s: %s", server["name"], error)
            continue
        _store(coolify, server, by_application(found.splitlines()))


def by_application(lines: Iterable[str]) -> dict[int, str]:
    """The status of each application from `id<tab>state<tab>status` lines."""
    rows = (line.split("\t") for line in lines)
    parts = [row for row in rows if len(row) == _COLUMNS]
    found: dict[int, list[str]] = {}
    for number, state, status in parts:
        found.setdefault(int(number), []).append(f"{state}:{_health(status)}")
    return {number: _joined(states) for number, states in found.items()}


def _store(coolify: Coolify, server: Row, found: dict[int, str]) -> None:
    for app in servers.resources(coolify.db, server):
        status = found.get(app["id"], "exited:unhealthy")
        new = app["status"] == "exited" and app["id"] not in found  # never deployed
        if status != app["status"] and not new:
            coolify.db.execute(
                "UPDATE applications SET status = %s, last_online_at = now() WHERE id = %s",
                (status, app["id"]),
            )


def _health(status: str) -> str:
    known = (health for mark, health in _HEALTH.items() if mark in status)
    return next(known, "unhealthy" if status.startswith("Exited") else "unknown")


def _joined(states: list[str]) -> str:
    """One word for several containers: all alike, else degraded."""
    running = [state for state in states if state.startswith("running")]
    if running and len(running) < len(states):
        return "degraded:unhealthy"
    return max(states, key=_badness)


def _badness(state: str) -> int:
    return ("healthy", "unknown", "starting", "unhealthy").index(state.partition(":")[2])

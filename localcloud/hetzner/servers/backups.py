"""The daily backups of the servers that have them switched on, by the cloud's own clock."""

from __future__ import annotations

import asyncio
import logging
from datetime import datetime
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import ApiError
from localcloud.hetzner.servers.requests import CreateImage

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server

DAY_SECONDS = 24 * 3600.0
RETRY_SECONDS = 3600.0
"""After a backup that failed."""
WATCH_SECONDS = 0.5
_STEADY = frozenset({"running", "off"})

_log = logging.getLogger("localcloud.backups")


class Backups:
    """Takes a backup of each server a day after the one before, the first a day after it was made.

    The vendor picks an hour of the server's window. Here it is the hour of the server's creation,
    so that a backup comes when the clock is moved, and never in the middle of something else.
    """

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._tried: dict[int, float] = {}

    async def watch(self) -> None:
        """Take what is due, for ever."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for server in self._cloud.servers.all():
                if self.is_due(server):
                    await self._take(server)

    def is_due(self, server: Server) -> bool:
        """Whether a server has to have a new backup, and can have it now."""
        if server.backup_window is None or server.status not in _STEADY:
            return False
        if self._cloud.actions.locked(server.id):
            return False
        now, tried = self._cloud.clock.seconds(), self._tried.get(server.id)
        waited = tried is None or not 0 <= now - tried < RETRY_SECONDS
        return waited and now - self._latest(server) >= DAY_SECONDS

    def _latest(self, server: Server) -> float:
        stamps = [server.created, *(b.created for b in self._cloud.images.backups_of(server.id))]
        return max(datetime.fromisoformat(stamp).timestamp() for stamp in stamps)

    async def _take(self, server: Server) -> None:
        self._tried[server.id] = self._cloud.clock.seconds()
        body = CreateImage(type="backup", description=f"Backup {self._cloud.clock.stamp()}")
        try:
            await self._cloud.changes.create_image(server, body)
        except ApiError as problem:  # somebody was faster
            _log.info("no backup of %s yet: %s", server.name, problem)

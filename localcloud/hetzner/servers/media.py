"""What a server may be started from besides its disk; in the books only."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import require
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.isos.models import ISOS
from localcloud.hetzner.servers.creation import new_password

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server


class Media:
    """Rescue system, ISOs and console; every method returns the action that does it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def enable_rescue(self, server: Server, keys: Sequence[int]) -> tuple[Action, str]:
        """Let the next start be into the rescue system; returns its password too."""
        if server.rescue:
            raise InvalidInputError("rescue system is already enabled")
        known = {key.id for key in self._cloud.ssh_keys.all()}
        missing = [key for key in keys if key not in known]
        if missing:
            raise InvalidInputError.field("ssh_keys", f"SSH key with ID '{missing[0]}' not found")
        return await self._change("enable_rescue", server, rescue=True), new_password()

    async def disable_rescue(self, server: Server) -> Action:
        """Let the next start be from its disk."""
        return await self._change("disable_rescue", server, rescue=False)

    async def attach_iso(self, server: Server, key: int | str) -> Action:
        """Put a disc in; one of another architecture does not start."""
        iso = require(ISOS, key, "iso")
        if iso.architecture not in {None, server.type.architecture}:
            raise InvalidInputError.field("iso", f"is for {iso.architecture}")
        return await self._change("attach_iso", server, iso=iso.id)

    async def detach_iso(self, server: Server) -> Action:
        """Take it out."""
        return await self._change("detach_iso", server, iso=None)

    async def console(self, server: Server) -> tuple[Action, str]:
        """Ask for a console; returns the password for it too."""
        return await self._change("request_console", server), new_password()

    async def _change(self, command: str, server: Server, **fields: object) -> Action:
        self._cloud.actions.check_unlocked(server.id)

        async def work() -> None:
            self._cloud.servers.change(server.id, **fields)

        resources = [("server", server.id)]
        return await self._cloud.actions.finish(command, resources, work, locks=False)

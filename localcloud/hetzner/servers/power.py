"""The power of servers: on, off, and what the machine says about it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.machines import MachineError

if TYPE_CHECKING:
    from localcloud.hetzner.actions.models import Action, Work
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server

WATCH_SECONDS = 2.0
_STEADY = frozenset({"running", "off"})

_log = logging.getLogger("localcloud.servers")


class Power:
    """Switches servers. A machine may also switch itself off: `watch` notices."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._presses: dict[int, int] = {}
        """Per server, how often somebody touched its power; outdates what runs aside."""
        self._rebooting: set[int] = set()

    async def on(self, server: Server) -> Action:
        """Switch on."""
        if not self._cloud.servers.has_interface(server):
            raise InvalidInputError("a server without any network interface cannot be powered on")
        return await self._act("start_server", server, lambda: self.start(server.id))

    async def off(self, server: Server) -> Action:
        """Cut the power."""
        return await self._act("stop_server", server, lambda: self.cut(server.id))

    async def reset(self, server: Server) -> Action:
        """Cut the power and switch on again."""

        async def work() -> None:
            self._press(server.id)
            await self._cloud.in_thread(self._cloud.machines.reset, server.id)
            self._cloud.servers.change(server.id, status="running", wanted_on=True)

        return await self._act("reset_server", server, work)

    async def shutdown(self, server: Server) -> Action:
        """Ask the system to stop; the action succeeds once it was asked."""
        return await self._ask("shutdown_server", server, back_on=False)

    async def reboot(self, server: Server) -> Action:
        """Ask the system to stop and start again; the action succeeds once it was asked."""
        return await self._ask("reboot_server", server, back_on=True)

    async def start(self, server_id: int) -> None:
        """Switch on, as part of another action."""
        self._press(server_id)
        self._cloud.servers.change(server_id, status="starting", wanted_on=True, rescue=False)
        try:
            await self._cloud.in_thread(self._cloud.machines.start, server_id)
        except MachineError:
            self._cloud.servers.change(server_id, status="off")
            raise
        self._cloud.servers.change(server_id, status="running")

    async def cut(self, server_id: int) -> None:
        """Cut the power, as part of another action."""
        self._press(server_id)
        self._cloud.servers.change(server_id, status="stopping", wanted_on=False)
        await self._cloud.in_thread(self._cloud.machines.power_off, server_id)
        self._cloud.servers.change(server_id, status="off")

    async def watch(self) -> None:
        """Keep the status in step with the machines, for ever."""
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            for server in self._cloud.servers.all():
                with contextlib.suppress(MachineError):
                    await self.look(server.id)

    async def look(self, server_id: int) -> None:
        """Correct the status of a server nobody works on."""
        if not self._may_look(server_id):
            return
        presses = self._presses.get(server_id)
        running = await self._cloud.in_thread(self._cloud.machines.running, server_id)
        if self._may_look(server_id) and presses == self._presses.get(server_id):
            self._settle(server_id, running)

    async def resume(self) -> None:
        """After a restart: give machines their addresses and rules, switch on what ran."""
        for server in self._cloud.servers.all():
            try:
                await self._resume(server)
            except MachineError as problem:
                _log.warning("server %s did not come back: %s", server.name, problem)

    async def _resume(self, server: Server) -> None:
        address = self._cloud.servers.address(server, "ipv4")
        machines = self._cloud.machines
        await self._cloud.firewalls.enforce(server.id)
        await self._cloud.in_thread(
            machines.set_address, server.id, address.ip if address else None
        )
        for leg in self._cloud.members.legs("server", server.id):
            await self._cloud.in_thread(machines.attach_network, server.id, leg)
        if server.wanted_on:
            await self.start(server.id)
        else:
            self._settle(server.id, await self._cloud.in_thread(machines.running, server.id))

    async def _act(self, command: str, server: Server, work: Work) -> Action:
        self._cloud.actions.check_unlocked(server.id)
        return await self._cloud.actions.finish(command, [("server", server.id)], work)

    async def _ask(self, command: str, server: Server, *, back_on: bool) -> Action:
        async def work() -> None:
            press = self._press(server.id)
            self._cloud.servers.change(server.id, wanted_on=back_on)
            self._cloud.actions.aside(lambda: self._go_down(server.id, press, back_on=back_on))

        return await self._act(command, server, work)

    async def _go_down(self, server_id: int, press: int, *, back_on: bool) -> None:
        if back_on:
            self._rebooting.add(server_id)
        try:
            await self._cloud.in_thread(self._cloud.machines.shutdown, server_id)
            if back_on and self._presses.get(server_id) == press:
                await self._cloud.in_thread(self._cloud.machines.start, server_id)
        finally:
            self._rebooting.discard(server_id)
        await self.look(server_id)

    def _may_look(self, server_id: int) -> bool:
        server = self._cloud.servers.find(server_id)
        busy = self._cloud.actions.locked(server_id) or server_id in self._rebooting
        return server is not None and server.status in _STEADY and not busy

    def _settle(self, server_id: int, running: bool) -> None:
        server = self._cloud.servers.find(server_id)
        status = "running" if running else "off"
        if server is not None and server.status != status:
            self._cloud.servers.change(server_id, status=status)

    def _press(self, server_id: int) -> int:
        self._presses[server_id] = self._presses.get(server_id, 0) + 1
        return self._presses[server_id]

"""The public side of the servers: their addresses on this machine's loopback, behind a firewall.

A port of an address is open here exactly while something in the server listens on it and the
server's firewall lets a client of this machine in; everything else is refused by the kernel.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.node.errors import NodeError
from localcloud.node.forward import Inbound, reset
from localcloud.node.progress import Say, say
from localcloud.node.rules import admits, is_reachable
from localcloud.node.sockets import listening_ports

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.hetzner.machines import InboundRule
    from localcloud.node.redirects import Redirects

POLL_SECONDS = 0.3
_SETTLE_SECONDS = 5.0
_BACKLOG = 1024

Key = tuple[int, str, int]
"""Server id, public address, port."""


@dataclass(frozen=True)
class Backend:
    """Where a running server really is."""

    address: str
    """Its address on the instance's network."""
    pid: int
    """A process in its network, on this machine."""


@dataclass(frozen=True)
class Front:
    """One server as seen from outside."""

    address: str | None
    """Its public address; None: it has none."""
    rules: tuple[InboundRule, ...] | None
    """Its firewall's inbound rules; None: no firewall."""
    backend: Backend | None
    """None while it is off."""


class Edge:
    """Listens on the public addresses and forwards to the servers.

    `start` and `stop` belong to the event loop; everything else may be called from any thread.
    """

    def __init__(
        self,
        probe: Callable[[int, str], frozenset[int]] = listening_ports,
        redirects: Redirects | None = None,
        tell: Say = say,
    ) -> None:
        """`probe` tells which ports listen, given a process and an address.

        `redirects` is the way to ports another program holds; None: such a port is a problem.
        """
        self._probe = probe
        self._redirects = redirects
        self._tell = tell
        self._fronts: dict[int, Front] = {}
        self._servers: dict[Key, asyncio.Server] = {}
        self._problems: dict[Key, str] = {}
        self._open: set[asyncio.Transport] = set()
        self._dials: set[asyncio.Task[None]] = set()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._poked = asyncio.Event()
        self._reconciler: asyncio.Task[None] | None = None
        self._rounds = threading.Condition()
        self._round = 0

    async def start(self) -> None:
        """Begin to listen for the servers published so far and later."""
        self._loop = asyncio.get_running_loop()
        if self._redirects:
            await asyncio.to_thread(self._redirects.clear)
        await self._reconcile()
        self._reconciler = self._loop.create_task(self._keep())

    async def stop(self) -> None:
        """Close all listeners and connections."""
        self._loop = None
        if self._reconciler:
            self._reconciler.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reconciler
        for key in tuple(self._servers):
            await self._close(key)
        for transport in tuple(self._open):
            reset(transport)
        await asyncio.sleep(0)  # lets the transports report that they are gone

    def publish(self, server_id: int, front: Front) -> None:
        """Show a server to the outside as `front` says, in place of what was; returns when done."""
        self._fronts = {**self._fronts, server_id: front}
        self._settle()

    def withdraw(self, server_id: int) -> None:
        """Take a server from the outside; returns when its ports are closed."""
        self._fronts = {key: front for key, front in self._fronts.items() if key != server_id}
        self._settle()

    def open_ports(self, server_id: int) -> frozenset[int]:
        """The ports of a server that are open at this moment."""
        return frozenset(port for owner, _, port in tuple(self._servers) if owner == server_id)

    def problems(self) -> tuple[str, ...]:
        """What could not be listened on, and why."""
        return tuple(self._problems.values())

    def _settle(self) -> None:
        """Wait for two rounds to begin and end: the first may have begun before the change."""
        loop = self._loop
        if loop is None or _inside(loop):
            return
        with self._rounds:
            wanted = self._round + 2
            deadline = _SETTLE_SECONDS
            while self._round < wanted and self._loop is not None:
                loop.call_soon_threadsafe(self._poked.set)
                if not self._rounds.wait(timeout=POLL_SECONDS):
                    deadline -= POLL_SECONDS
                    if deadline <= 0:
                        return

    async def _keep(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(POLL_SECONDS):
                    await self._poked.wait()
            self._poked.clear()
            await self._reconcile()

    async def _reconcile(self) -> None:
        """Make the listeners those that should be."""
        wanted = self._wanted()
        for key in tuple(self._servers):
            if key not in wanted:
                await self._close(key)
        for key in sorted(wanted - self._servers.keys()):
            await self._listen(key)
        self._problems = {key: text for key, text in self._problems.items() if key in wanted}
        with self._rounds:
            self._round += 1
            self._rounds.notify_all()

    def _wanted(self) -> set[Key]:
        return {
            (server_id, front.address, port)
            for server_id, front in self._fronts.items()
            if front.address and front.backend
            for port in self._ports(front.backend)
            if is_reachable(front.rules, port)
        }

    def _ports(self, backend: Backend) -> frozenset[int]:
        try:
            return self._probe(backend.pid, backend.address)
        except OSError:  # it went down since
            return frozenset()

    async def _listen(self, key: Key) -> None:
        try:
            self._servers[key] = await self._bind(key)
        except (OSError, NodeError) as error:
            self._report(key, error)
        else:
            self._problems.pop(key, None)

    async def _bind(self, key: Key) -> asyncio.Server:
        _, address, port = key
        try:
            return await self._serve(key, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or self._redirects is None:
                raise
        server = await self._serve(key, 0)
        try:
            await asyncio.to_thread(self._redirects.add, address, port, _port_of(server))
        except NodeError:
            server.close()
            raise
        return server

    async def _serve(self, key: Key, port: int) -> asyncio.Server:
        return await asyncio.get_running_loop().create_server(
            lambda: Inbound(lambda peer: self._admit(key, peer), self._open, self._dials),
            key[1],
            port,
            backlog=_BACKLOG,
        )

    def _admit(self, key: Key, peer: str) -> tuple[str, int] | None:
        """Where a client of this address is to be connected to, if it may pass."""
        server_id, address, port = key
        front = self._fronts.get(server_id)
        if front is None or front.address != address or front.backend is None:
            return None
        return (front.backend.address, port) if admits(front.rules, port, peer) else None

    async def _close(self, key: Key) -> None:
        _, address, port = key
        server = self._servers.pop(key)
        if self._redirects and _port_of(server) != port:
            await asyncio.to_thread(self._redirects.remove, address, port, _port_of(server))
        server.close()

    def _report(self, key: Key, error: OSError | NodeError) -> None:
        _, address, port = key
        text = f"cannot listen on {address}:{port}: {_explain(error)}"
        if self._problems.get(key) != text:
            self._problems[key] = text
            self._tell(text)


def _port_of(server: asyncio.Server) -> int:
    port: int = server.sockets[0].getsockname()[1]
    return port


def _explain(error: OSError | NodeError) -> str:
    if isinstance(error, NodeError):
        return str(error)
    if error.errno == errno.EACCES:
        return (
            "ports below 1024 are root's on this machine: run as root, or allow them with "
            "`sysctl net.ipv4.ip_unprivileged_port_start=22`"
        )
    if error.errno == errno.EADDRINUSE:
        return "another program of this machine listens there: stop it, or run as root"
    return error.strerror or str(error)


def _inside(loop: asyncio.AbstractEventLoop) -> bool:
    try:
        return asyncio.get_running_loop() is loop
    except RuntimeError:
        return False

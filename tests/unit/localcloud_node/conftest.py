"""A public edge in a running loop, and small servers to put behind it."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import pytest

from localcloud.node.edge import Backend, Edge, Front

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.hetzner.machines import InboundRule

T = TypeVar("T")
PUBLIC = "127.213.0.5"
"""A public address of the tests; the servers behind it listen on 127.0.0.1."""
Handler = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


@dataclass
class Loop:
    """An event loop in a thread, as the edge lives in one in production."""

    loop: asyncio.AbstractEventLoop

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine there and wait for what it returns."""
        return asyncio.run_coroutine_threadsafe(work, self.loop).result(timeout=20)


@dataclass
class Street:
    """One edge with one server behind it, whose listening ports the test says."""

    loop: Loop
    edge: Edge
    listening: set[int] = field(default_factory=set)
    servers: list[asyncio.Server] = field(default_factory=list)

    def serve(self, handler: Handler) -> int:
        """Start a server behind the edge; returns its port."""
        server = self.loop.run(_start(handler))
        self.servers.append(server)
        port: int = server.sockets[0].getsockname()[1]
        self.listening.add(port)
        return port

    def publish(
        self, rules: tuple[InboundRule, ...] | None = None, address: str | None = PUBLIC
    ) -> None:
        """Show the server to the outside."""
        self.edge.publish(1, Front(address, rules, Backend("127.0.0.1", 1)))


async def _start(handler: Handler) -> asyncio.Server:
    return await asyncio.start_server(handler, "127.0.0.1", 0)


@pytest.fixture
def loop() -> Iterator[Loop]:
    """A running event loop."""
    running = asyncio.new_event_loop()
    thread = threading.Thread(target=running.run_forever)
    thread.start()
    yield Loop(running)
    running.call_soon_threadsafe(running.stop)
    thread.join(10)
    running.close()


@pytest.fixture
def street(loop: Loop) -> Iterator[Street]:
    """An edge that has been started."""
    listening: set[int] = set()
    edge = Edge(lambda _pid, _address: frozenset(listening), tell=lambda _line: None)
    loop.run(edge.start())
    made = Street(loop, edge, listening)
    yield made
    loop.run(edge.stop())
    loop.run(_close(made.servers))


async def _close(servers: list[asyncio.Server]) -> None:
    for server in servers:
        server.close()
    await asyncio.sleep(0.05)

"""Little servers on loopback to send traffic to, whole or broken on purpose."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from tests.unit.targets import make_target

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable

    from common.target import Target

    Serving = Callable[["Site"], contextlib.AbstractAsyncContextManager[Target]]


@dataclass
class Site:
    """How a server behaves, from its `broken_from`-th request to its `broken_until`-th on."""

    fault: str = ""
    """'' none, 'drop' closes without a word, 'cut' ends within the body, 'slow', 'error' is 502."""
    broken_from: int = 60
    broken_until: int = 70
    slow_seconds: float = 0.3
    requests_a_connection: int = 1_000_000
    """After so many it closes a kept connection without saying so, as the next one comes."""
    paths: tuple[str, ...] = ("/health", "/health/live", "/version", "/")
    long_paths: tuple[str, ...] = ()
    """Part of `paths`; with `drops_long` only each first request for them is answered."""
    long_seen: int = 0
    drops_long: bool = False
    draining: bool = False
    counts: dict[str, int] = field(default_factory=dict)
    counts_as: tuple[int, ...] = (1,)
    """How often each next POST to /counted counts: in turn."""
    hangs_up_sockets: bool = False
    sockets: int = 0
    sockets_at_most: int = 1_000_000
    seen: int = 0
    connections: int = 0
    hosts: set[str] = field(default_factory=set)

    @property
    def is_broken(self) -> bool:
        """Whether the fault shows now."""
        return bool(self.fault) and self.broken_from <= self.seen < self.broken_until

    async def connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection."""
        self.connections += 1
        with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
            for _ in range(self.requests_a_connection):
                head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
                self.seen += 1
                await _body(head, reader)
                if not await self._answer(head, writer) or "connection: close" in head:
                    break
            else:
                await reader.readuntil(b"\r\n\r\n")
        writer.close()

    async def _answer(self, head: str, writer: asyncio.StreamWriter) -> bool:
        path = head.split()[1]
        self.hosts |= {line for line in head.splitlines() if line.startswith("host:")}
        fault = self.fault if self.is_broken else ""
        if fault == "drop":
            return False
        if fault == "slow" or path in self.long_paths:
            await asyncio.sleep(self.slow_seconds)
        self.long_seen += path in self.long_paths
        if path in self.long_paths and self.drops_long and self.long_seen > len(self.long_paths):
            return False
        self.sockets += path == "/socket"
        if path == "/socket" and self.sockets <= self.sockets_at_most:
            await self._socket(writer)
            return False
        if path.startswith("/counted"):
            self._tell_counts(head, writer)
            return True
        status = 502 if fault == "error" else 200 if path in self.paths else 404
        fields = {"status": "healthy", "container_id": "c1", "version": "good-1"}
        if self.draining and path == "/health" and self.seen > 20:
            status, fields["status"] = 503, "draining"
        body = json.dumps(fields).encode()
        sent = body[:5] if fault == "cut" else body
        writer.write(f"HTTP/1.1 {status} x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + sent)
        await writer.drain()
        return fault != "cut"

    async def _socket(self, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 101 x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")
        await writer.drain()
        await asyncio.sleep(0.2 if self.hangs_up_sockets else 60)

    def _tell_counts(self, head: str, writer: asyncio.StreamWriter) -> None:
        keys = [line.split()[1] for line in head.splitlines() if line.startswith("idempotency-key")]
        for key in keys:
            self.counts[key] = self.counts_as[len(self.counts) % len(self.counts_as)]
        body = json.dumps({"counts": {key: n for key, n in self.counts.items() if n}}).encode()
        writer.write(f"HTTP/1.1 200 x\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


async def _body(head: str, reader: asyncio.StreamReader) -> None:
    """Take what comes with a request."""
    if "transfer-encoding: chunked" in head:
        await reader.readuntil(b"\r\n0\r\n\r\n")
    for line in head.splitlines():
        if line.startswith("content-length"):
            await reader.readexactly(int(line.split()[1]))


@pytest.fixture
def serving() -> Serving:
    """Serve a site within a block, which gets a target whose one service it is."""

    @contextlib.asynccontextmanager
    async def serve(site: Site) -> AsyncIterator[Target]:
        server = await asyncio.start_server(site.connected, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        async with server:
            yield make_target(port)

    return serve


@pytest.fixture
def site_in_a_thread() -> Callable[[Site], contextlib.AbstractContextManager[Target]]:
    """The same for tests without an event loop."""

    @contextlib.contextmanager
    def serve(site: Site):  # type: ignore[no-untyped-def]  # noqa: ANN202
        loop = asyncio.new_event_loop()
        listener = socket.create_server(("127.0.0.1", 0))
        server = loop.run_until_complete(asyncio.start_server(site.connected, sock=listener))
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        try:
            yield make_target(listener.getsockname()[1])
        finally:
            loop.call_soon_threadsafe(server.close)
            loop.call_soon_threadsafe(loop.stop)
            thread.join()
            loop.run_until_complete(asyncio.sleep(0))
            loop.close()

    return serve

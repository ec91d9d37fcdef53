"""One TCP connection passed on to another address, both ways, byte for byte.

Each half is closed when its own sender is done, so a stream that goes on in the other direction is
not cut; a reader that cannot keep up stops its sender, so memory stays bounded.
"""

from __future__ import annotations

import asyncio
import socket
import struct
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Callable

CONNECT_SECONDS = 10.0
_BUFFER_BYTES = 256 * 1024
_LINGER_ZERO = struct.pack("ii", 1, 0)


def reset(transport: asyncio.Transport) -> None:
    """End a connection so that its other end sees a reset, not a proper end of the stream."""
    raw = transport.get_extra_info("socket")
    if raw is not None and raw.fileno() >= 0:
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER_ZERO)
    transport.abort()


class _Half(asyncio.Protocol):
    """One of the two sockets; what it reads is written to its peer."""

    def __init__(self, open_transports: set[asyncio.Transport]) -> None:
        self.transport: asyncio.Transport | None = None
        self.peer: _Half | None = None
        self._open = open_transports
        self._sent_eof = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=_BUFFER_BYTES)
        self._open.add(self.transport)

    def data_received(self, data: bytes) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.write(data)

    def eof_received(self) -> bool:
        self._sent_eof = True
        if self.peer and self.peer.transport and not self.peer.transport.is_closing():
            self.peer.transport.write_eof()
            if self.peer._sent_eof:  # noqa: SLF001 - the other half of the same connection
                self.peer.transport.close()
                return False
        return True

    def pause_writing(self) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.peer and self.peer.transport:
            self.peer.transport.resume_reading()

    def connection_lost(self, exc: Exception | None) -> None:
        if self.transport:
            self._open.discard(self.transport)
        other = self.peer.transport if self.peer else None
        if other is None:
            return
        if exc is None:
            other.close()
        else:
            reset(other)


class Inbound(_Half):
    """The client's side: asks whether the client may pass, then dials the server."""

    def __init__(
        self,
        admit: Callable[[str], tuple[str, int] | None],
        open_transports: set[asyncio.Transport],
        tasks: set[asyncio.Task[None]],
    ) -> None:
        """`admit` takes the client's address; None refuses it, else it is where to dial."""
        super().__init__(open_transports)
        self._admit = admit
        self._tasks = tasks

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Refuse at once, or dial; nothing is read before the server has answered."""
        super().connection_made(transport)
        client = cast("asyncio.Transport", transport)
        target = self._admit(client.get_extra_info("peername")[0])
        if target is None:
            reset(client)
            return
        # Soon, not now: until 3.11.4 asyncio begins to read after this call, paused or not.
        asyncio.get_running_loop().call_soon(client.pause_reading)
        task = asyncio.get_running_loop().create_task(self._dial(client, *target))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _dial(self, client: asyncio.Transport, host: str, port: int) -> None:
        outbound = _Half(self._open)
        outbound.peer = self
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await loop.create_connection(lambda: outbound, host, port)
        except (OSError, TimeoutError):
            reset(client)
            return
        self.peer = outbound
        if client.is_closing() and outbound.transport:
            reset(outbound.transport)
        elif not client.is_closing():
            client.resume_reading()

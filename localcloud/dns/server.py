"""The name server: UDP and TCP on one port, in the event loop of the API."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import struct
from typing import TYPE_CHECKING, cast

from localcloud.dns.answers import UDP_BYTES, answer
from localcloud.errors import LocalCloudError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from localcloud.hetzner.zones.models import Zone

    Zones = Callable[[], Iterable[Zone]]

IDLE_SECONDS = 10.0
"""How long a TCP connection may be silent."""
HOST = "127.0.0.1"

_log = logging.getLogger("localcloud.dns")


class SilentError(Exception):
    """Raised in place of the zones: no question is answered just now."""


class NameServer:
    """Answers for the zones a function returns at the time of the question."""

    def __init__(self, zones: Zones, port: int) -> None:
        self._zones = zones
        self._port = port
        self._udp: asyncio.DatagramTransport | None = None
        self._tcp: asyncio.Server | None = None
        self._clients: set[asyncio.StreamWriter] = set()

    async def start(self) -> None:
        """Listen; raises LocalCloudError where the port is taken."""
        loop = asyncio.get_running_loop()
        try:
            self._tcp = await asyncio.start_server(self._serve, HOST, self._port)
            self._udp, _ = await loop.create_datagram_endpoint(
                lambda: _Datagrams(self._zones), (HOST, self._port)
            )
        except OSError as error:
            await self.stop()
            raise LocalCloudError(
                f"the name server cannot listen on {HOST}:{self._port} ({error.strerror}): "
                "stop what uses the port or set LOCALCLOUD_DNS_PORT to a free one"
            ) from None

    async def stop(self) -> None:
        """Close the port and every connection."""
        if self._udp is not None:
            self._udp.close()
        if self._tcp is not None:
            self._tcp.close()
        for client in tuple(self._clients):
            client.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._clients.add(writer)
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, TimeoutError, ConnectionError):
                while True:
                    await self._serve_one(reader, writer)
        finally:
            self._clients.discard(writer)
            writer.close()

    async def _serve_one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async with asyncio.timeout(IDLE_SECONDS):
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            reply = _reply(await reader.readexactly(length), self._zones, None)
        if reply is None:
            raise ConnectionError("no question")
        writer.write(struct.pack("!H", len(reply)) + reply)
        await writer.drain()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, zones: Zones) -> None:
        self._zones = zones

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = _reply(data, self._zones, UDP_BYTES)
        if reply is not None:
            self._transport.sendto(reply, addr)


def _reply(packet: bytes, zones: Zones, limit: int | None) -> bytes | None:
    try:
        return answer(packet, zones(), limit)
    except SilentError:
        return None
    except Exception:  # noqa: BLE001 one odd question must not end the server
        _log.exception("a question of %s bytes broke the name server", len(packet))
        return None

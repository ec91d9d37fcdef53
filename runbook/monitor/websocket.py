"""One websocket that is held open: whether it can be opened, and when it ends."""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from typing import TYPE_CHECKING, Self

if TYPE_CHECKING:
    import ssl

    from runbook.monitor.requester import Endpoint

_SWITCHED = b"101"
_SILENT_SECONDS = 15.0
_PING = 0x89
_MASKED = 0x80


class Websocket:
    """Opened by `open`; `ended` waits for its end."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def open(
        cls, place: Endpoint, path: str, trust: ssl.SSLContext
    ) -> tuple[Self, str | None]:
        """Open one; with what is wrong with the answer, if anything is.

        Raises:
            OSError: there is no connection.
            EOFError: it ended before the answer.
        """
        is_plain = place.url.scheme == "http"
        port = place.url.port or (80 if is_plain else 443)
        reader, writer = await asyncio.open_connection(
            place.address,
            port,
            ssl=None if is_plain else trust,
            server_hostname=None if is_plain else place.url.host,
        )
        writer.write(_request(place.url.netloc.decode(), path))
        head = await reader.readuntil(b"\r\n\r\n")
        words = head.split(None, 2)
        status = words[1] if len(words) > 1 else b"?"
        failure = None if status == _SWITCHED else f"HTTP {status.decode(errors='replace')}"
        return cls(reader, writer), failure

    async def ended(self) -> bool:
        """Wait until the other side ends it; False when it only went silent."""
        asked = False
        while True:
            try:
                async with asyncio.timeout(_SILENT_SECONDS):
                    if not await self._reader.read(65_536):
                        return True
            except TimeoutError:
                if asked:
                    return False
                self._writer.write(struct.pack("!BB4s", _PING, _MASKED, os.urandom(4)))
                asked = True
            except OSError:
                return True
            else:
                asked = False

    def close(self) -> None:
        """Let it go."""
        self._writer.close()


def _request(host: str, path: str) -> bytes:
    key = base64.b64encode(os.urandom(16)).decode()
    return (
        f"GET {path} HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n"
    ).encode()

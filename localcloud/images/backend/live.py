"""A websocket: what is said comes back, and every second a sign of life."""

import base64
import contextlib
import hashlib
import socket
import struct
import time

from web import Request, Response

GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
TEXT, CLOSE, PING, PONG = 1, 8, 9, 10
STEP = 1.0
SHORT, TWO_BYTES = 126, 65536


def upgrade(request: Request) -> Response:
    """The answer that turns the connection into a websocket."""
    key = request.headers.get("Sec-WebSocket-Key")
    if not key or (request.headers.get("Upgrade") or "").lower() != "websocket":
        return Response(426, {"error": "Upgrade Required"}, {"Upgrade": "websocket"})
    accept = base64.b64encode(hashlib.sha1(f"{key}{GUID}".encode()).digest()).decode()  # noqa: S324 - the protocol's own
    headers = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Accept": accept}
    return Response(101, headers=headers, take_over=_talk)


def _talk(connection: socket.socket) -> None:
    connection.settimeout(STEP)
    beats = 0
    with contextlib.suppress(ConnectionError):
        while True:
            try:
                kind, payload = _read(connection)
            except TimeoutError:
                beats += 1
                _write(connection, TEXT, f'{{"beat": {beats}, "at": {time.time():.3f}}}'.encode())
                continue
            if kind == CLOSE:
                _write(connection, CLOSE, payload)
                return
            _write(connection, PONG if kind == PING else TEXT, payload)


def _read(connection: socket.socket) -> tuple[int, bytes]:
    first = _exactly(connection, 2)
    size = first[1] & 0x7F
    if size == SHORT:
        (size,) = struct.unpack("!H", _exactly(connection, 2))
    elif size > SHORT:
        (size,) = struct.unpack("!Q", _exactly(connection, 8))
    mask = _exactly(connection, 4) if first[1] & 0x80 else bytes(4)
    payload = _exactly(connection, size)
    return first[0] & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(payload))


def _exactly(connection: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        try:
            piece = connection.recv(size - len(found))
        except TimeoutError:
            if not found:
                raise
            continue
        if not piece:
            raise ConnectionError("the other end is gone")
        found += piece
    return found


def _write(connection: socket.socket, kind: int, payload: bytes) -> None:
    size = len(payload)
    if size < SHORT:
        head = struct.pack("!BB", 0x80 | kind, size)
    elif size < TWO_BYTES:
        head = struct.pack("!BBH", 0x80 | kind, SHORT, size)
    else:
        head = struct.pack("!BBQ", 0x80 | kind, 127, size)
    connection.sendall(head + payload)

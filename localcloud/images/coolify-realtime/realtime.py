"""A placeholder for Coolify's realtime server on ports 6001 and 6002.

Nothing of the platform depends on live updates of the dashboard or on the browser terminal. So
this only proves that the ports are where they should be: `GET /ready` answers OK, and a websocket
gets back what it sends.
"""

import asyncio
import base64
import hashlib
import signal
import struct

PORTS = (6001, 6002)
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
CLOSE, PING, PONG = 8, 9, 10
SHORT, MEDIUM = 126, 127
LONGEST = 1 << 20


async def read_request(reader: asyncio.StreamReader) -> tuple[str, dict[bytes, bytes]]:
    """The path and the headers of an HTTP request."""
    head = await reader.readuntil(b"\r\n\r\n")
    first, *lines = head.split(b"\r\n")
    pairs = (line.partition(b":") for line in lines if b":" in line)
    return first.split()[1].decode(), {key.lower(): value.strip() for key, _, value in pairs}


async def read_frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    """Opcode and unmasked content of one frame."""
    first, second = await reader.readexactly(2)
    length = second & 0x7F
    if length == SHORT:
        (length,) = struct.unpack(">H", await reader.readexactly(2))
    elif length == MEDIUM:
        (length,) = struct.unpack(">Q", await reader.readexactly(8))
    if length > LONGEST:
        raise ConnectionError("frame too long")
    mask = await reader.readexactly(4) if second & 0x80 else bytes(4)
    content = await reader.readexactly(length)
    return first & 0x0F, bytes(byte ^ mask[i % 4] for i, byte in enumerate(content))


def frame(opcode: int, content: bytes) -> bytes:
    """One unfragmented frame, as a server sends it."""
    size = len(content)
    if size < SHORT:
        return bytes((0x80 | opcode, size)) + content
    if size < 1 << 16:
        return bytes((0x80 | opcode, SHORT)) + struct.pack(">H", size) + content
    return bytes((0x80 | opcode, MEDIUM)) + struct.pack(">Q", size) + content


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, key: bytes) -> None:
    """Accept the upgrade and send every frame back until it is closed."""
    accept = base64.b64encode(hashlib.sha1(key + MAGIC).digest())  # noqa: S324 - the protocol's
    writer.write(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )
    while True:
        opcode, content = await read_frame(reader)
        writer.write(frame(PONG if opcode == PING else opcode, content))
        await writer.drain()
        if opcode == CLOSE:
            return


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    try:
        path, headers = await read_request(reader)
        if headers.get(b"upgrade", b"").lower() == b"websocket":
            await echo(reader, writer, headers.get(b"sec-websocket-key", b""))
        else:
            status = b"200 OK" if path == "/ready" else b"404 Not Found"
            writer.write(b"HTTP/1.1 " + status + b"\r\nContent-Length: 3\r\n\r\nOK\n")
            await writer.drain()
    except (asyncio.IncompleteReadError, asyncio.LimitOverrunError, ConnectionError, IndexError):
        pass
    finally:
        writer.close()


async def main() -> None:
    """Listen on both ports until told to end."""
    ended = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    servers = [await asyncio.start_server(serve, "0.0.0.0", port) for port in PORTS]  # noqa: S104
    await ended.wait()
    for server in servers:
        server.close()


if __name__ == "__main__":
    asyncio.run(main())

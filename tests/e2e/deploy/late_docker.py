"""A socket of the Docker engine that tells of events late; runs on the server.

Usage: late_docker.py SECONDS. It listens at `docker.sock` beside itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys
from pathlib import Path

_ENGINE = "/var/run/docker.sock"


async def _pass(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, conversation: list[bytes]
) -> None:
    """Hand on what the client says, and note it."""
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            conversation.append(data)
            writer.write(data)
            await writer.drain()
    writer.close()


async def _answer(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    conversation: list[bytes],
    late: float,
) -> None:
    """Hand on what the engine says: at once, or each event so much later."""
    loop = asyncio.get_running_loop()
    told = 0
    with contextlib.suppress(ConnectionError):
        while data := await reader.read(65536):
            about_events = bool(conversation) and b"/events" in conversation[-1].split(b"\r\n")[0]
            # The first words are the head of the answer.
            wait = late if about_events and told else 0.0
            told += about_events
            loop.call_later(wait, writer.write, data)
    loop.call_later(late, writer.close)


async def _serve(late: float) -> None:
    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        engine_reader, engine_writer = await asyncio.open_unix_connection(_ENGINE)
        conversation: list[bytes] = []
        await asyncio.gather(
            _pass(reader, engine_writer, conversation),
            _answer(engine_reader, writer, conversation, late),
        )

    place = Path(__file__).with_name("docker.sock")
    server = await asyncio.start_unix_server(client, place)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(float(sys.argv[1])))

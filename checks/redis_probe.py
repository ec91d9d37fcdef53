"""Asks a Redis how it is; runs on a server by its own Python, with nothing but that.

Reads a JSON object from its standard input (host, port, tls, user, password, ca, timeout) and
prints one: how far it came (`name`, `connection`, `tls`, `login`, `answer`, `done`), the error that
ended it, and what Redis tells of itself.
"""

from __future__ import annotations

import json
import socket
import ssl
import sys
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from io import BufferedRWPair

FACTS = {
    "used_memory": int,
    "maxmemory": int,
    "maxmemory_policy": str,
    "evicted_keys": int,
    "uptime_in_seconds": int,
    "redis_version": str,
}


class RefusedError(Exception):
    """Redis answered with an error."""


def call(stream: BufferedRWPair, *words: str) -> str:
    """Send one command; its answer as text."""
    parts = [word.encode() for word in words]
    sent = b"".join(b"$%d\r\n%s\r\n" % (len(one), one) for one in parts)
    stream.write(b"*%d\r\n%s" % (len(parts), sent))
    stream.flush()
    line = stream.readline().rstrip(b"\r\n").decode(errors="replace")
    if not line:
        raise RefusedError("it ends the connection")
    if line.startswith("-"):
        raise RefusedError(line[1:])
    if line.startswith("$"):
        return stream.read(int(line[1:]) + 2).decode(errors="replace").strip()
    if line[:1] not in {"+", ":"}:
        raise RefusedError(f"it answers as no Redis does: {line[:60]!r}")
    return line[1:]


def facts(info: str) -> dict[str, Any]:
    """What of INFO is of use."""
    pairs = dict(line.strip().split(":", 1) for line in info.splitlines() if ":" in line)
    return {name: kind(pairs[name]) for name, kind in FACTS.items() if name in pairs}


def ask(given: dict[str, Any], told: dict[str, Any]) -> None:
    """Go as far as it goes; `told` is kept up to date."""
    began = time.monotonic()
    told["stage"] = "name"
    place = given["host"], given["port"]
    socket.getaddrinfo(*place)
    told["stage"] = "connection"
    with socket.create_connection(place, given["timeout"]) as plain:
        told["address"] = plain.getpeername()[0]
        told["stage"] = "tls" if given["tls"] else "login"
        with _secured(plain, given) as connection, connection.makefile("rwb") as stream:
            told["stage"] = "login"
            if given["password"]:
                user = [given["user"]] if given["user"] else []
                call(stream, "AUTH", *user, given["password"])
            call(stream, "PING")
            told.update(stage="answer", seconds=time.monotonic() - began)
            told["facts"] = facts(call(stream, "INFO"))
            told["stage"] = "done"


def _secured(plain: socket.socket, given: dict[str, Any]) -> socket.socket:
    if not given["tls"]:
        return plain
    context = ssl.create_default_context()
    if given["ca"]:
        context.load_verify_locations(cadata=given["ca"])
    return context.wrap_socket(plain, server_hostname=given["host"])


def main() -> None:
    """Ask, and print what was found."""
    told: dict[str, Any] = {"stage": "name", "error": "", "facts": {}}
    try:
        ask(json.load(sys.stdin), told)
    except (OSError, ValueError, RefusedError) as error:
        told["error"] = str(error) or type(error).__name__
    sys.stdout.write(json.dumps(told) + "\n")


if __name__ == "__main__":
    main()

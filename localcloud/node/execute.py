"""Runs a command in a container with input, which no argument list or log gets to see."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING, Any, cast

from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from docker.models.containers import Container

_CHUNK = 64 * 1024


def execute(container: Container, command: list[str], stdin: bytes) -> None:
    """Run `command` as root with `stdin`; raises NodeError if it ends with another code than 0."""
    assert container.client  # noqa: S101 - always set by the SDK's own collection
    api = container.client.api
    run: str = api.exec_create(container.id, command, stdin=True, stdout=True, stderr=True)["Id"]
    answer: Any = api.exec_start(run, socket=True)
    raw = cast("socket.socket", answer._sock)  # noqa: SLF001 - the SDK offers no other way to write
    raw.sendall(stdin)
    raw.shutdown(socket.SHUT_WR)
    output = _read_all(raw)
    answer.close()
    code = api.exec_inspect(run)["ExitCode"]
    if code:
        text = output.decode(errors="replace").strip()
        raise NodeError(f"`{command[0]}` in {container.name} ended with code {code}: {text}")


def _read_all(raw: socket.socket) -> bytes:
    parts = []
    while part := raw.recv(_CHUNK):
        parts.append(part)
    return b"".join(parts)

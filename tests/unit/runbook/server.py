"""In place of SSH: a server that answers commands from a table, and Coolify's API behind it."""

from __future__ import annotations

import contextlib
import json
import shlex
import socketserver
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any, Self

from clients.ssh import CommandFailedError, Result
from runbook import heartbeat
from runbook.history.log import FILE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from common.target import SshTarget


@dataclass
class FakeServer:
    """What commands print, by how they start; the longest start wins."""

    folder: Path
    containers: list[dict[str, str]] = field(default_factory=list)
    answers: dict[str, Any] = field(default_factory=dict)
    commands: list[str] = field(default_factory=list)
    history: str = ""
    """The log of what was done."""
    heartbeat: str = ""
    """The watcher's last sign of life."""
    api: Callable[[str, str], tuple[int, Any]] | None = None
    """Coolify's answer to a method and a path: code and JSON; None: it is down."""

    def application(self, name: str, number: int = 1, **changes: str) -> dict[str, str]:
        """A healthy container of an application; it is on the server from now on."""
        row = {
            "id": f"{name}-{number}",
            "name": f"{name}-00000{number}",
            "image": "registry/backend:good-1",
            "state": "running",
            "status": "Up 1 minute (healthy)",
            "application": name,
        }
        self.containers.append(row | changes)
        return self.containers[-1]

    def client(self, _target: SshTarget) -> FakeClient:
        """In place of the class SshClient."""
        return FakeClient(self)


class FakeClient:
    """One connection."""

    def __init__(self, server: FakeServer) -> None:
        self._server = server

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(
        self,
        command: str | Sequence[str],
        *,
        check: bool = True,
        stdin: str | None = None,
        **_: object,
    ) -> Result:
        """Answer from the table; an unknown command is an error of the test."""
        text = command if isinstance(command, str) else shlex.join(command)
        if FILE in text:
            self._server.history += stdin or ""
            return Result("" if stdin else self._server.history, "", 0)
        if heartbeat.FILE in text:
            self._server.heartbeat = stdin or self._server.heartbeat
            return Result("" if stdin else self._server.heartbeat, "", 0)
        if text.startswith("sh -c") and "drain.pyz" in text:
            text = f"drain {' '.join(list(command)[4:])}"
        self._server.commands.append(text)
        found = self._find(text)
        if check and found.code:
            raise CommandFailedError("failed", code=found.code, stdout=found.stdout, stderr="")
        return found

    def interactive(self, command: str | None = None, *, terminal: bool = False) -> int:
        """Answer as `run` does; a terminal is told apart by a word."""
        return self.run(f"{'terminal ' * terminal}{command}", check=False).code

    @contextlib.contextmanager
    def forward(self, local_port: int, remote_port: int) -> Iterator[None]:
        """Note which ports would be joined."""
        self._server.commands.append(f"forward {local_port} to {remote_port}")
        yield

    def stream(self, command: str | Sequence[str]) -> Iterator[str]:
        """The lines of the answer."""
        yield from self.run(command).stdout.splitlines()

    @contextlib.contextmanager
    def tunnel(self, _port: int) -> Iterator[Path]:
        """A socket to Coolify's API."""
        path = self._server.folder / "coolify.sock"
        if self._server.api is None:
            yield path
            return
        handler = type("Handler", (_Handler,), {"server_of_test": self._server})
        with _Unix(str(path), handler) as server:
            thread = threading.Thread(target=server.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield path
            finally:
                server.shutdown()
                thread.join()
                path.unlink()

    def _find(self, text: str) -> Result:
        if text.startswith("docker ps --all --no-trunc"):
            return Result("\n".join(map(json.dumps, self._server.containers)), "", 0)
        if text.startswith("drain "):
            return Result('{"state": "drained"}', "", 0)
        starts = [start for start in self._server.answers if text.startswith(start)]
        assert starts, f"the test knows no answer to: {text}"
        answer = self._server.answers[max(starts, key=len)]
        if isinstance(answer, Exception):
            raise answer
        answer = answer(text) if callable(answer) else answer
        return answer if isinstance(answer, Result) else Result(answer, "", 0)


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Handler(BaseHTTPRequestHandler):
    server_of_test: FakeServer

    def _answer(self) -> None:
        assert self.server_of_test.api
        right = self.headers["Authorization"] == "Bearer coolify-secret"
        code, body = self.server_of_test.api(self.command, self.path.removeprefix("/api/v1"))
        data = json.dumps(body if right else {"message": "Unauthenticated."}).encode()
        self.send_response(code if right else 401)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_POST = _answer  # noqa: N815 - the base class's names

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def address_string(self) -> str:
        """A Unix socket has no address."""
        return "unix"

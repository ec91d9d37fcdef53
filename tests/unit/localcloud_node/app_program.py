"""Runs the two programs of the app's double as processes, and what they ask for help."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from localcloud.node.images import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

IMAGES = ROOT / "images"
NO_DATABASE = "127.0.0.1:1/postgres"
"""Nobody listens there."""
ENVIRONMENT: dict[str, dict[str, str]] = {
    "backend": {
        "NODE_ENV": "production",
        "DATABASE_URL": f"postgresql://u:p@{NO_DATABASE}?pgbouncer=true&connection_limit=2",
        "JWT_SECRET": "j" * 32,
        "EMAIL_ENABLED": "false",
        "DOUBLE_SLOW_SECONDS": "0.5",
        "DOUBLE_STREAM_SECONDS": "1",
    },
    "ml-service": {
        "ENVIRONMENT": "production",
        "DATABASE_URL": f"postgresql+asyncpg://u:p@{NO_DATABASE}?prepared_statement_cache_size=0",
        "SECRET_KEY": "s" * 32,
        "DOUBLE_START_SECONDS": "0.2",
        "DOUBLE_DOWNLOAD_SECONDS": "0.6",
    },
}


def free_port() -> int:
    """A port that nobody has."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@dataclass
class Program:
    """A running one."""

    process: subprocess.Popen[str]
    port: int
    log: Path
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", timeout=15)

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask, until it listens."""
        deadline = time.monotonic() + 20
        while True:
            try:
                return self.client.get(path, headers=headers)
            except httpx.ConnectError:
                assert self.process.poll() is None, self.said()
                assert time.monotonic() < deadline, f"it does not listen: {self.said()}"
                time.sleep(0.05)

    def said(self) -> str:
        """What it has written so far, on both its outputs; carriage returns as they are."""
        return self.log.read_bytes().decode()

    def end(self) -> int:
        """Tell it to end; returns its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=20)


@dataclass
class Programs:
    """Those of a test; all of them end with it."""

    folder: Path
    running: list[Program] = field(default_factory=list)

    def start(self, service: str, without: tuple[str, ...] = (), **variables: str) -> Program:
        """Start one with a right environment, but for what is left out or given."""
        port = free_port()
        env = self._environment(service, variables, without) | {"PORT": str(port)}
        log = self.folder / f"log-{port}"
        words = () if service == "backend" else ("--port", str(port), "--workers", "2")
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, str(IMAGES / service / "main.py"), *words],
                env=env,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
            )
        self.running.append(Program(process, port, log))
        return self.running[-1]

    def _environment(
        self, service: str, variables: Mapping[str, str], without: tuple[str, ...]
    ) -> dict[str, str]:
        own = {"PYTHONPATH": str(IMAGES / "nutri"), "HF_HOME": str(self.folder / "cache")}
        given = {**own, **ENVIRONMENT[service], **variables, "PATH": os.environ["PATH"]}
        return {name: value for name, value in given.items() if name not in without}

    def end(self) -> None:
        """Kill what still runs."""
        for one in self.running:
            one.client.close()
            if one.process.poll() is None:
                one.process.kill()
                one.process.wait()


@contextlib.contextmanager
def frozen_host() -> Iterator[int]:
    """A port that takes connections and never answers, as a paused container does."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(50)
        yield int(listener.getsockname()[1])


class FakeRedis(threading.Thread):
    """Speaks as much of Redis as the app asks for, and remembers what it was asked."""

    def __init__(self, password: str = "") -> None:
        super().__init__(daemon=True)
        self.asked: list[list[str]] = []
        self._password = password
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])

    def run(self) -> None:
        """Take connections until it is closed."""
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def close(self) -> None:
        """Listen no longer."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _talk(self, connection: socket.socket) -> None:
        may = not self._password
        with connection, connection.makefile("rwb") as stream:
            while head := stream.readline():
                words = []
                for _ in range(int(head[1:])):
                    size = int(stream.readline()[1:])
                    words.append(stream.read(size + 2)[:-2].decode())
                self.asked.append(words)
                if words[0] == "AUTH":
                    may = words[-1] == self._password
                    said = b"+OK\r\n" if may else b"-WRONGPASS invalid username-password pair\r\n"
                elif not may:
                    said = b"-NOAUTH Authentication required.\r\n"
                else:
                    said = {"PING": b"+PONG\r\n", "GET": b"$-1\r\n"}.get(words[0], b":0\r\n")
                stream.write(said)
                stream.flush()

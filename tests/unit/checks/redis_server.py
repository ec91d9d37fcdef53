"""A Redis of the tests' own: lets in who knows the password, and tells of itself."""

from __future__ import annotations

import socketserver
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    import ssl

PASSWORD = "redis-secret"


@dataclass
class RedisPlan:
    """What is to be wrong with it."""

    is_up: bool = True
    tls: bool = True
    asked_for_tls: bool = True
    host: str = "localhost"
    certified: str = "localhost"
    password: str = PASSWORD
    loading: bool = False
    info: dict[str, object] = field(
        default_factory=lambda: {
            "used_memory": 50,
            "maxmemory": 100,
            "evicted_keys": 0,
            "maxmemory_policy": "noeviction",
            "uptime_in_seconds": 864_000,
        }
    )


class _Connection(socketserver.StreamRequestHandler):
    server: RedisServer

    def setup(self) -> None:
        if self.server.tls:
            self.request = self.server.tls.wrap_socket(self.request, server_side=True)
        super().setup()

    def handle(self) -> None:
        while words := self._command():
            self.wfile.write(self._answer(words).encode() + b"\r\n")

    def _command(self) -> list[str]:
        head = self.rfile.readline()
        if not head.startswith(b"*"):
            return []
        return [self._word() for _ in range(int(head[1:]))]

    def _word(self) -> str:
        length = int(self.rfile.readline()[1:])
        return self.rfile.read(length + 2)[:-2].decode()

    def _answer(self, words: list[str]) -> str:
        plan = self.server.plan
        if words[0] == "AUTH":
            right = words[1:] == ["default", plan.password]
            return "+OK" if right else "-WRONGPASS invalid username-password pair"
        if plan.loading:
            return "-LOADING Redis is loading the dataset in memory"
        if words[0] == "PING":
            return "+PONG"
        text = "# Memory\r\n" + "".join(f"{name}:{one}\r\n" for name, one in plan.info.items())
        return f"${len(text)}\r\n{text}"


class RedisServer(socketserver.ThreadingTCPServer):
    """Listens on loopback while its context is open."""

    daemon_threads = True

    def __init__(self, plan: RedisPlan, tls: ssl.SSLContext) -> None:
        self.plan, self.tls = plan, tls if plan.tls else None
        super().__init__(("127.0.0.1", 0), _Connection)
        self.port = int(self.server_address[1])

    def __enter__(self) -> Self:
        if self.plan.is_up:
            threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        else:
            self.server_close()
        return self

    def __exit__(self, *_: object) -> None:
        if self.plan.is_up:
            self.shutdown()
            self.server_close()

    def handle_error(self, *_: Any) -> None:  # noqa: ANN401 - the base class's
        """Broken handshakes are part of the tests."""

    @property
    def url(self) -> str:
        """As an app has it."""
        scheme = "rediss" if self.plan.asked_for_tls else "redis"
        return f"{scheme}://default:{PASSWORD}@{self.plan.host}:{self.port}"

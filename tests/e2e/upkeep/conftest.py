"""One platform, and somebody who is notified."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from clients.ssh import SshClient
from common.window import DAYS
from tests.e2e.conftest import ask, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

    from common.target import Target
    from tests.e2e.conftest import Stack


@pytest.fixture(scope="session")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A platform whose maintenance window is open: it began an hour ago, once a week."""
    with own_stack(cloud_environment, tmp_path_factory, "upkeep") as made:
        start = datetime.now(UTC) - timedelta(hours=1)
        made.config["nutri:maintenanceWindow"] = {
            "day": DAYS[start.weekday()],
            "start": start.strftime("%H:%M"),
            "end": (start + timedelta(hours=6)).strftime("%H:%M"),
        }
        made.up()
        yield made


@pytest.fixture
def target(stack: Stack) -> Target:
    """The stack's outputs."""
    return stack.described()


@pytest.fixture
def server(target: Target) -> Iterator[SshClient]:
    """The server, over SSH."""
    with SshClient(target.servers[0].ssh) as client:
        yield client


def get(target: Target, path: str, *, host: str = "api", accept: str = "*/*") -> httpx.Response:
    """Ask a service by its public address, with its public name."""
    return ask(target, f"{host}.{target.domain}", path, Accept=accept)


class People:
    """A webhook that keeps what it is sent."""

    def __init__(self) -> None:
        self.told: list[dict[str, Any]] = []

        class Hook(BaseHTTPRequestHandler):
            def do_POST(hook) -> None:  # noqa: N805 - the outer self is the one that keeps
                body = hook.rfile.read(int(hook.headers["Content-Length"]))
                self.told.append(json.loads(body))
                hook.send_response(200)
                hook.end_headers()

            def log_message(hook, *_: object) -> None:  # noqa: N805
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
        self.url = f"json://127.0.0.1:{self.server.server_port}/"

    @property
    def titles(self) -> list[str]:
        """What they were told, in short."""
        return [one["title"] for one in self.told]


@pytest.fixture
def people(monkeypatch: pytest.MonkeyPatch, stack: Stack) -> Iterator[People]:
    """Those NUTRI_NOTIFY_URLS reaches."""
    made = People()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    monkeypatch.setitem(stack.cloud.environment, "NUTRI_NOTIFY_URLS", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()

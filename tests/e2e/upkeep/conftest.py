"""One platform, and somebody who is notified."""

from __future__ import annotations

import json
import ssl
import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from common.ssh import SshClient
from common.target import Target
from common.window import DAYS
from tests.e2e.conftest import empty_stack, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack


@pytest.fixture(scope="session")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A platform whose maintenance window is open: it began an hour ago, once a week."""
    home = tmp_path_factory.mktemp("upkeep-cloud")
    with local_cloud(cloud_environment, home, "upkeep", 8561, 214) as cloud:
        made = empty_stack(cloud, tmp_path_factory.mktemp("upkeep-stack"))
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
    return Target.model_validate(stack.target())


@pytest.fixture
def server(target: Target) -> Iterator[SshClient]:
    """The server, over SSH."""
    with SshClient(target.servers[0].ssh) as client:
        yield client


def get(target: Target, path: str, *, host: str = "api", accept: str = "*/*") -> httpx.Response:
    """Ask a service by its public address, with its public name."""
    name = f"{host}.{target.domain}"
    trust = ssl.create_default_context(cafile=target.vantage.ca_bundle)
    with httpx.Client(verify=trust) as client:
        return client.get(
            f"https://{target.servers[0].ipv4}{path}",
            headers={"Host": name, "Accept": accept},
            extensions={"sni_hostname": name},
            timeout=10,
        )


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

"""The demo app: health, version, logs, and a drain on SIGTERM."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from localcloud.node.images import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

PROGRAM = ROOT / "images" / "app" / "app.py"


@dataclass
class App:
    """A running app."""

    process: subprocess.Popen[str]
    client: httpx.Client

    def get(self, path: str) -> httpx.Response:
        """Ask, until it listens."""
        deadline = time.monotonic() + 10
        while True:
            try:
                return self.client.get(path)
            except httpx.ConnectError:
                assert time.monotonic() < deadline, "the app listens"
                time.sleep(0.05)

    def end(self) -> list[dict[str, Any]]:
        """Stop it and read its log; it must end with code 0."""
        self.process.send_signal(signal.SIGTERM)
        out, _ = self.process.communicate(timeout=10)
        assert self.process.returncode == 0
        return [json.loads(line) for line in out.splitlines()]


@pytest.fixture
def start() -> Iterator[Callable[..., App]]:
    """Starts apps, and ends those still running."""
    running: list[App] = []

    def begin(version: str = "good-1", drain: str = "0") -> App:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        env = {"PORT": str(port), "VERSION": version, "SERVICE": "backend", "DRAIN_SECONDS": drain}
        env |= {"SLOW_SECONDS": "0.5", "STREAM_SECONDS": "1"}
        process = subprocess.Popen(
            [sys.executable, str(PROGRAM)],
            env={**os.environ, **env},
            stdout=subprocess.PIPE,
            text=True,
        )
        app = App(process, httpx.Client(base_url=f"http://127.0.0.1:{port}"))
        running.append(app)
        return app

    yield begin
    for app in running:
        app.client.close()
        app.process.kill()
        app.process.communicate()


def test_health_names_container_and_version(start: Callable[..., App]) -> None:
    """The health answer is what checks read replicas and versions from."""
    app = start("good-2")
    answer = app.get("/health")
    assert answer.status_code == 200
    assert answer.json() == {
        "status": "healthy",
        "container_id": socket.gethostname(),
        "version": "good-2",
    }
    assert app.get("/version").json() == {"service": "backend", "version": "good-2"}


def test_the_broken_version_lives_but_is_never_healthy(start: Callable[..., App]) -> None:
    """It starts and answers; its health is 503 for ever."""
    app = start("drain-never-healthy")
    assert app.get("/health").status_code == 503
    assert app.get("/health/live").status_code == 200


def test_requests_are_logged_as_json(start: Callable[..., App]) -> None:
    """One line a request with method, path, status and duration."""
    app = start()
    app.get("/version")
    app.get("/nothing?x=1")
    requests = [line for line in app.end() if line["event"] == "request_completed"]
    assert [(line["method"], line["path"], line["status"]) for line in requests] == [
        ("GET", "/version", 200),
        ("GET", "/nothing?x=1", 404),
    ]
    assert all(line["duration_ms"] >= 0 for line in requests)


def test_it_drains_before_it_ends(start: Callable[..., App]) -> None:
    """From SIGTERM on health is 503 while other requests are served; then it ends with 0."""
    app = start(drain="1")
    assert app.get("/health").status_code == 200
    app.process.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + 5
    while app.get("/health").status_code != 503:
        assert time.monotonic() < deadline, "health turns to 503"
        time.sleep(0.02)
    assert app.get("/version").status_code == 200
    assert app.process.wait(timeout=10) == 0


@pytest.mark.parametrize("path", ["/slow", "/stream"])
def test_an_answer_under_way_is_finished(start: Callable[..., App], path: str) -> None:
    """SIGTERM in the middle of a long answer: it comes whole, then the process ends."""
    app = start()
    assert app.get("/health").status_code == 200
    with ThreadPoolExecutor() as pool:
        long = pool.submit(httpx.get, f"{app.client.base_url}{path}", timeout=10)
        time.sleep(0.5)
        app.process.send_signal(signal.SIGTERM)
        answer = long.result()
    assert answer.status_code == 200
    assert answer.json()["version"] == "good-1"
    assert app.process.wait(timeout=10) == 0

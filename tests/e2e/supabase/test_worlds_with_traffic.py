"""What the app depends on is away, while requests come: what it can answer, it answers.

A probe that asked `/health` would take every replica out of the proxy in all three worlds.
"""

from __future__ import annotations

import contextlib
import json
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

import httpx
import pytest

from clients.ssh import SshClient
from common.waiting import wait_until
from tests.e2e.supabase.conftest import REF

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.supabase.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(600)]

_LOGIN = ("POST", "/api/auth/login", {"email": "user7@nutri.test", "password": "password7"})
_REPORT = ("GET", "/api/reports/weekly", None)
_FOODS = ("GET", "/api/foods", None)
_LIVE = ("GET", "/health/live", None)
_KINDS = (_LOGIN, _REPORT, _FOODS, _LIVE)
_SECONDS = 20
"""Many of the proxy's probes, and some of Docker's."""


@dataclass
class _Traffic:
    """One client for each kind of request, each asking again and again."""

    platform: Platform
    seen: dict[str, set[str]] = field(default_factory=dict)
    """Path -> status and who answered."""
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: list[threading.Thread] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._threads += [threading.Thread(target=self._ask, args=(kind,)) for kind in _KINDS]
        for one in self._threads:
            one.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        for one in self._threads:
            one.join()

    def _ask(self, kind: tuple[str, str, object]) -> None:
        method, path, body = kind
        while not self._stop.wait(0.2):
            self.seen.setdefault(path, set()).add(self._one(method, path, body))

    def _one(self, method: str, path: str, body: object) -> str:
        try:
            answer = self.platform.api(method, path, body)
        except httpx.HTTPError as error:
            return type(error).__name__
        is_apps = answer.headers.get("content-type", "").startswith("application/json")
        return f"{answer.status_code} {'app' if is_apps else 'proxy'}"


def _check(platform: Platform, *ids: str) -> dict[tuple[str, str], str]:
    """What the checks say that are red, by id and subject."""
    done = platform.stack.runbook("check", *ids, "--json")
    results = json.loads(done.stdout)["results"]
    return {
        (one["check"], one["subject"]): one["message"] for one in results if one["status"] == "red"
    }


@pytest.fixture
def well(platform: Platform) -> Iterator[Platform]:
    """A platform on which nothing is wrong, before and after."""
    _until_healthy(platform)
    yield platform
    _until_healthy(platform)


def _until_healthy(platform: Platform) -> None:
    def healthy() -> bool:
        return bool(platform.api("GET", "/health").json()["status"] == "healthy")

    wait_until("the app to be healthy", healthy, bound=60)


@contextlib.contextmanager
def _ml_frozen(platform: Platform) -> Iterator[None]:
    (ml,) = [one for one in platform.target.services if one.name == "nutri-ml-service"]
    container = f"$(docker ps -q --filter label=coolify.name={ml.applications[0]})"
    with SshClient(platform.target.servers[0].ssh) as server:
        server.run(f"docker pause {container}")
        try:
            yield
        finally:
            server.run(f"docker unpause {container}")


def test_with_ml_frozen_nothing_is_lost(well: Platform) -> None:
    """Its container is paused: connections are taken, and nothing answers."""
    with _ml_frozen(well), _Traffic(well) as traffic:
        time.sleep(_SECONDS)
        red = _check(well, "health")
    assert traffic.seen == {path: {"200 app"} for _, path, _ in _KINDS}
    assert "ml_service" in red["health", "nutri-backend"]


def test_with_redis_stopped_nothing_is_lost(well: Platform) -> None:
    """Nobody listens there: the cache is passed by, queues fail by the app's own word."""
    well.cloud.knob("PATCH", "/redis/", {"trouble": "down"})
    try:
        with _Traffic(well) as traffic:
            time.sleep(_SECONDS)
            red = _check(well, "health", "redis")
            refused = well.api("POST", "/api/notifications", {})
    finally:
        well.cloud.knob("PATCH", "/redis/", {"trouble": "none"})
    assert traffic.seen == {path: {"200 app"} for _, path, _ in _KINDS}
    assert (refused.status_code, refused.json()["error"]) == (503, "Notifications are unavailable")
    assert "redis" in red["health", "nutri-backend"]
    assert any(check == "redis" for check, _ in red)


def test_with_the_database_away_the_app_answers_by_itself(well: Platform) -> None:
    """What needs data fails with the app's own 500, the rest is as ever; nobody leaves."""
    well.cloud.knob("POST", f"/supabase/{REF}/down")
    try:
        with _Traffic(well) as traffic:
            time.sleep(_SECONDS)
            red = _check(well, "health", "database-status")
    finally:
        well.cloud.knob("POST", f"/supabase/{REF}/up")
    assert traffic.seen[_LOGIN[1]] == {"500 app"}
    assert traffic.seen[_FOODS[1]] <= {"500 app", "200 app"}  # until the cache has forgotten
    assert traffic.seen[_REPORT[1]] == traffic.seen[_LIVE[1]] == {"200 app"}
    assert "503" in red["health", "nutri-backend"]
    assert any(check == "database-status" for check, _ in red)


@pytest.mark.long
def test_probes_that_ask_health_would_lose_everything(well: Platform) -> None:
    """The world that the others are measured by: with ML frozen, the API is gone."""
    well.stack.change("nutri-backend", health={"livePath": "/health", "timeout": 3})
    well.stack.up()
    try:
        with _ml_frozen(well), _Traffic(well) as traffic:
            time.sleep(3 * _SECONDS)
    finally:
        well.stack.change("nutri-backend", health={"livePath": "/health/live", "timeout": 5})
        well.stack.up()
    assert any(one.startswith("503 proxy") for one in traffic.seen[_LIVE[1]])

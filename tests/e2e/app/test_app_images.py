"""What the two images are, seen from Docker: processes, users, tools, signals, volumes."""

from __future__ import annotations

import json
import threading
import time
from typing import TYPE_CHECKING

import pytest

from common.waiting import wait_until
from tests.e2e.app.conftest import docker, seconds_of

if TYPE_CHECKING:
    from tests.e2e.app.conftest import App

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]


def test_the_backend_ignores_sigterm_until_it_is_killed(app: App) -> None:
    """It is process 1 without a handler: it serves on through the whole grace, then exit 137."""
    backend = app.start("backend")
    backend.until_alive()
    stopping = threading.Thread(target=docker, args=("stop", "--time", "4", backend.name))
    began = time.monotonic()
    stopping.start()
    time.sleep(1.5)
    assert backend.ask("GET", "/health/live").is_success
    stopping.join()
    assert seconds_of(began) >= 4
    assert backend.state()["ExitCode"] == 137


def test_behind_an_init_the_backend_ends_at_once(app: App) -> None:
    """With nothing drained."""
    backend = app.start("backend", "--init")
    backend.until_alive()
    docker("stop", "--time", "30", backend.name)
    assert backend.state()["ExitCode"] == 143


def test_the_ml_service_ends_by_itself(app: App) -> None:
    """Uvicorn's way: long before the grace is over, with code 0."""
    ml = app.start("ml-service")
    ml.until_alive()
    began = time.monotonic()
    docker("stop", "--time", "30", ml.name)
    assert seconds_of(began) < 15
    assert ml.state()["ExitCode"] == 0


def test_the_backend_has_wget_and_neither_curl_nor_bash(app: App) -> None:
    """As on Alpine; and its user may do nothing."""
    backend = app.start("backend")
    backend.until_alive()
    live = "http://localhost:3000/health/live"
    assert json.loads(backend.run("wget", "-qO-", live).stdout) == {"status": "ok"}
    assert "BusyBox" in backend.run("wget", "--help").stderr
    for tool in ("curl", "bash"):
        assert backend.run("sh", "-c", f"command -v {tool}").returncode != 0
    assert backend.run("id", "-u").stdout.strip() != "0"
    assert "node" in backend.run("sh", "-c", "cat /usr/local/bin/node").stdout


def test_the_images_have_health_checks_of_their_own(app: App) -> None:
    """The backend's asks `/health` by Node, the ML service's its liveness path, with 300 s."""
    found = {
        service: json.loads(
            docker("inspect", "--format", "{{json .Config.Healthcheck}}", image).stdout
        )
        for service in ("backend", "ml-service")
        if (image := app.images[f"{service}-good-1"])
    }
    assert found["backend"]["Test"][:3] == ["CMD", "node", "-e"]
    assert "/health'" in found["backend"]["Test"][3]
    assert "/health/live" in found["ml-service"]["Test"][1]
    assert found["ml-service"]["StartPeriod"] == 300 * 10**9
    backend = app.start("backend")
    backend.until_alive()
    assert backend.run(*found["backend"]["Test"][1:]).returncode == 0


def test_a_container_without_its_variables_ends(app: App) -> None:
    """Exit code 1, and its whole log is the one line."""
    backend = app.start("backend", JWT_SECRET="")
    ml = app.start("ml-service", SECRET_KEY="short")
    for one, says in ((backend, "JWT_SECRET is missing"), (ml, "SECRET_KEY must be at least")):
        one.until_ended()
        assert (one.state()["ExitCode"], one.log().count("\n")) == (1, 1)
        assert says in one.log()


def test_the_cache_on_a_volume_makes_the_second_start_faster(app: App) -> None:
    """It belongs to user 1001, and outlives its container."""
    volume = f"{app.network}-models"
    docker("volume", "create", "--label", f"localcloud.instance={app.cloud.lane.name}", volume)
    mount = ("--volume", f"{volume}:/home/mlservice/.cache/huggingface")
    logs = []
    for _ in range(2):
        ml = app.start("ml-service", *mount)
        ml.until_alive()
        logs.append(ml.log())
        owner = ml.run("stat", "-c", "%u", "/home/mlservice/.cache/huggingface/hub").stdout
        assert (ml.run("id", "-u").stdout.strip(), owner.strip()) == ("1001", "1001")
        assert ml.run("curl", "-sf", "http://localhost:8000/health/live").returncode == 0
        docker("rm", "--force", ml.name)
        app.mine.remove(ml.name)
    assert "model_download_started" in logs[0]
    assert "model_download_started" not in logs[1]
    assert "model_cache_hit" in logs[1]


def test_a_cache_that_belongs_to_another_ends_it(app: App) -> None:
    """A folder that root owns, as a server's own is."""
    ml = app.start("ml-service", "--tmpfs", "/home/mlservice/.cache/huggingface:uid=0,mode=0755")
    ml.until_ended()
    assert ml.state()["ExitCode"] == 3
    assert "PermissionError" in ml.log()


def test_models_that_are_larger_than_the_memory_are_killed(app: App) -> None:
    """As on a server that is too small."""
    ml = app.start("ml-service", "--memory", "150m", DOUBLE_MEMORY_MB="400")
    ml.until_ended()
    assert ml.state()["ExitCode"] == 9


def test_a_bad_version_is_never_healthy(app: App) -> None:
    """It runs, and all its health paths answer 503."""
    backend = app.start("backend", tag="never-healthy")
    wait_until("it listens", lambda: "Server listening" in backend.log(), bound=20)
    found = {backend.ask("GET", path).status_code for path in ("/health", "/health/live")}
    assert found == {503}

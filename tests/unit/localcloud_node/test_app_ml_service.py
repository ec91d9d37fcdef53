"""The ML service's double behaves as the real one does; see docs/app-double.md."""

from __future__ import annotations

import contextlib
import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.unit.localcloud_node.app_program import FakeRedis, Programs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.localcloud_node.app_program import Program

ML = "ml-service"
_LISTENED = "Application startup complete."


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Starts programs, and ends those still running."""
    made = Programs(tmp_path)
    yield made
    made.end()


def _lines(program: Program) -> list[dict[str, Any]]:
    """Its lines of JSON."""
    return [json.loads(line) for line in program.said().split("\n") if line.startswith("{")]


def _until(program: Program, text: str) -> None:
    deadline = time.monotonic() + 10
    while text not in program.said():
        assert time.monotonic() < deadline, program.said()
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("without", "given", "says"),
    [
        ("DATABASE_URL", {}, "DATABASE_URL is missing"),
        ("SECRET_KEY", {}, "SECRET_KEY is missing"),
        ("", {"SECRET_KEY": "short"}, "SECRET_KEY must be at least 32 characters long, it has 5"),
        (
            "",
            {"SECRET_KEY": "change-me-in-production-change-me-now"},
            "SECRET_KEY must not be the default",
        ),
        (
            "",
            {"DATABASE_URL": "postgresql+asyncpg://h/d?pgbouncer=true"},
            "connect() got an unexpected keyword argument 'pgbouncer'",
        ),
        ("", {"DATABASE_URL": "postgresql://h/d"}, "must start with `postgresql+asyncpg://`"),
        ("", {"CORS_ORIGINS": "https://nutri.test"}, "CORS_ORIGINS must be a JSON list"),
    ],
)
def test_it_ends_at_its_start_without_what_it_demands(
    programs: Programs, without: str, given: dict[str, str], says: str
) -> None:
    """Exit code 1, and one line that names what is missing, too short or of the wrong client."""
    program = programs.start(ML, (without,), **given)
    assert program.process.wait(timeout=10) == 1
    assert program.said().count("\n") == 1
    assert says in program.said()


def test_a_secret_is_demanded_in_production_alone(programs: Programs) -> None:
    """Elsewhere it starts without."""
    assert programs.start(ML, ("SECRET_KEY",), ENVIRONMENT="dev").get("/health/live").is_success


def test_it_loads_its_models_before_it_answers_at_all(programs: Programs) -> None:
    """The first start downloads them into the cache; the second finds them there, and is faster."""
    seconds = []
    for _ in range(2):
        began = time.monotonic()
        program = programs.start(ML, DOUBLE_DOWNLOAD_SECONDS="2")
        with pytest.raises(httpx.ConnectError):
            program.client.get("/health/live")
        assert program.get("/health/live").json() == {"status": "ok"}
        seconds.append(time.monotonic() - began)
        assert program.end() == 0
    assert len(list((programs.folder / "cache").rglob("*.safetensors"))) == 4
    assert seconds[0] > seconds[1] + 1


@pytest.mark.parametrize("name", ["SKIP_MODEL_WARMUP", "FAST_MODE"])
def test_it_may_start_without_its_models(programs: Programs, name: str) -> None:
    """At once, and nothing is in the cache."""
    variables = {name: "true", "DOUBLE_START_SECONDS": "60"}
    program = programs.start(ML, **variables)  # type: ignore[arg-type]
    assert program.get("/health/live").is_success
    assert not list((programs.folder / "cache").rglob("*.safetensors"))


def test_a_cache_it_may_not_write_to_ends_it(programs: Programs) -> None:
    """With a traceback, as when a volume belongs to another user."""
    (programs.folder / "cache").write_text("no folder")
    program = programs.start(ML)
    assert program.process.wait(timeout=10) == 3
    assert "Traceback (most recent call last):" in program.said()
    assert "Application startup failed. Exiting." in program.said()


def test_health_and_readiness(programs: Programs) -> None:
    """`/ready` is there; health tells of what it depends on, 503 without the database."""
    redis = FakeRedis()
    redis.start()
    program = programs.start(ML, REDIS_URL=f"redis://127.0.0.1:{redis.port}")
    assert program.get("/ready").status_code == 200
    found = program.get("/health")
    assert (found.status_code, found.json()["status"]) == (503, "unhealthy")
    checks = found.json()["checks"]
    assert (checks["database"]["status"], checks["redis"]["status"]) == ("unhealthy", "healthy")
    assert "container_id" not in found.json()
    assert program.get("/version").status_code == 404
    redis.close()


def test_anybody_may_read_its_docs_and_reset_its_breaker(programs: Programs) -> None:
    """Which is why it is meant to be reachable inside alone."""
    program = programs.start(ML)
    assert "Swagger UI" in program.get("/docs").text
    assert program.client.post("/api/circuit-breaker/reset").json() == {"state": "closed"}


def test_its_log_is_of_four_kinds(programs: Programs) -> None:
    """Structlog's JSON, uvicorn's plain lines, tqdm's bars, tracebacks."""
    program = programs.start(ML, DOUBLE_ANALYZE_SECONDS="0.1")
    program.get("/health/live")
    program.client.post("/api/food/analyze", json={"image": "x"})
    program.client.post("/api/food/analyze", json={"image": "broken"})
    _until(program, "500\n")
    said = program.said()
    requests = [line for line in _lines(program) if line["event"].startswith("request_")]
    assert [line["event"] for line in requests] == [
        *("request_started", "request_completed"),
        *("request_started", "request_failed"),
    ]
    completed, failed = requests[1], requests[3]
    assert completed["duration_ms"] >= 100
    assert (completed["method"], completed["path"], completed["status_code"]) == (
        *("POST", "/api/food/analyze"),
        200,
    )
    assert failed.keys() >= {"duration_ms", "error_type", "timestamp"}
    assert (failed["level"], failed["error_type"]) == ("error", "ValueError")
    assert '"GET /health/live HTTP/1.1" 200' in said
    assert "INFO:     Uvicorn running on http://0.0.0.0:" in said
    assert "ValueError: cannot identify image file" in said
    assert "ERROR:    Exception in ASGI application\nTraceback (most recent call last):" in said
    assert said.count("\rLoading checkpoint shards: ") == 10
    assert any(line.count("\r") > 1 for line in said.split("\n"))


def test_at_sigterm_it_listens_no_more_and_ends_what_is_under_way(programs: Programs) -> None:
    """The answer under way is whole; a connection more is refused; the exit code is 0."""
    program = programs.start(ML, DOUBLE_ANALYZE_SECONDS="6")
    program.get("/health/live")
    with ThreadPoolExecutor() as pool:
        url = f"{program.client.base_url}/api/food/analyze"
        long = pool.submit(httpx.post, url, json={"image": "x"}, timeout=30)
        time.sleep(0.5)
        program.process.terminate()
        _until(program, "Shutting down")
        _until_refused(program.port)
        assert not long.done()
        assert long.result().json()["foods"]
    assert program.process.wait(timeout=10) == 0
    assert "INFO:     Application shutdown complete." in program.said()


def _until_refused(port: int) -> None:
    """Every worker has to close the socket, each when its turn comes."""
    deadline = time.monotonic() + 5
    while True:
        # One that a worker has not accepted yet is reset when it closes the socket.
        with contextlib.suppress(ConnectionResetError):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
            except ConnectionRefusedError:
                return
        assert time.monotonic() < deadline, "it still listens"
        time.sleep(0.05)


@pytest.mark.parametrize(("seconds", "is_done"), [(3, True), (60, False)])
def test_at_its_end_it_waits_for_its_queue(programs: Programs, seconds: int, is_done: bool) -> None:
    """Up to ten seconds."""
    program = programs.start(ML)
    program.get("/health/live")
    program.client.post("/api/food/analyze", json={"learn_seconds": seconds})
    began = time.monotonic()
    assert program.end() == 0
    took = time.monotonic() - began
    assert 2 < took < 9 if is_done else 9 < took < 16
    assert ("job_completed" in program.said()) is is_done


def test_sigterm_is_not_heeded_while_it_loads(programs: Programs) -> None:
    """It ends once the models are there, and has never listened."""
    program = programs.start(ML, DOUBLE_START_SECONDS="5")
    _until(program, "Waiting for application startup.")
    program.process.terminate()
    time.sleep(0.5)
    assert program.process.poll() is None
    assert program.process.wait(timeout=20) == 0
    assert _LISTENED not in program.said()


def test_browsers_need_their_origin_in_the_list(programs: Programs) -> None:
    """CORS_ORIGINS is a JSON list."""
    program = programs.start(ML, CORS_ORIGINS='["https://nutri.test"]')
    told = program.get("/health/live", Origin="https://nutri.test")
    assert told.headers["access-control-allow-origin"] == "https://nutri.test"
    refused = program.get("/health/live", Origin="https://evil.test")
    assert "access-control-allow-origin" not in refused.headers


def test_its_models_occupy_the_memory_that_is_asked_for(programs: Programs) -> None:
    """In all workers together."""
    program = programs.start(ML, DOUBLE_MEMORY_MB="200")
    program.get("/health/live")
    _until(program, f"{_LISTENED}\n")
    deadline = time.monotonic() + 10
    while program.said().count(_LISTENED) < 2:
        assert time.monotonic() < deadline, program.said()
        time.sleep(0.05)
    assert 200 < sum(_resident_mb(number) for number in _children(program.process.pid)) < 400


def _children(number: int) -> list[int]:
    found = Path(f"/proc/{number}/task/{number}/children").read_text(encoding="ascii")
    return [int(child) for child in found.split()]


def _resident_mb(number: int) -> float:
    return int(Path(f"/proc/{number}/statm").read_text(encoding="ascii").split()[1]) / 256

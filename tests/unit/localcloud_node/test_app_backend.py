"""The backend's double behaves as the real backend does; see docs/app-double.md."""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
import socket
import time
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from tests.unit.localcloud_node.app_program import FakeRedis, Programs, frozen_host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.unit.localcloud_node.app_program import Program

BACKEND = "backend"
_NO_ONE = "http://127.0.0.1:1"


@pytest.fixture
def programs(tmp_path: Path) -> Iterator[Programs]:
    """Starts programs, and ends those still running."""
    made = Programs(tmp_path)
    yield made
    made.end()


def _lines(program: Program, number: int) -> list[dict[str, Any]]:
    """What it has logged about so many requests; a line may come after its answer."""
    deadline = time.monotonic() + 5
    while True:
        found = [json.loads(line) for line in program.said().splitlines() if line.startswith("{")]
        about = [line for line in found if "req" in line]
        if len(about) >= number or time.monotonic() > deadline:
            return about
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("without", "given", "says"),
    [
        ("DATABASE_URL", {}, "DATABASE_URL is missing"),
        ("JWT_SECRET", {}, "JWT_SECRET is missing"),
        ("", {"JWT_SECRET": "short"}, "JWT_SECRET must be at least 32 characters long, it has 5"),
        ("EMAIL_ENABLED", {}, "RESEND_API_KEY is missing (or EMAIL_ENABLED=false)"),
        ("", {"DATABASE_URL": "mysql://x"}, "DATABASE_URL: the URL must start with the protocol"),
        ("", {"REDIS_URL": "http://x"}, "REDIS_URL must start with `redis://` or `rediss://`"),
    ],
)
def test_it_ends_at_its_start_without_what_it_demands(
    programs: Programs, without: str, given: dict[str, str], says: str
) -> None:
    """Exit code 1, and one line that names what is missing or too short."""
    program = programs.start(BACKEND, (without,), **given)
    assert program.process.wait(timeout=10) == 1
    assert program.said().count("\n") == 1
    assert says in program.said()


@pytest.mark.parametrize(
    ("without", "given"),
    [("EMAIL_ENABLED", {"RESEND_API_KEY": "re_1"}), ("EMAIL_ENABLED", {"NODE_ENV": "test"})],
)
def test_mail_is_demanded_in_production_alone(
    programs: Programs, without: str, given: dict[str, str]
) -> None:
    """A key for mail, or none at all elsewhere."""
    assert programs.start(BACKEND, (without,), **given).get("/health/live").is_success


def test_it_is_alive_as_soon_as_it_listens(programs: Programs) -> None:
    """Whatever its dependencies do; and it tells of no container and no tag."""
    program = programs.start(BACKEND)
    live = program.get("/health/live")
    assert (live.status_code, live.json()) == (200, {"status": "ok"})
    assert [program.get(path).status_code for path in ("/version", "/ready", "/")] == [404] * 3


def test_health_is_unhealthy_without_the_database(programs: Programs) -> None:
    """503, and each of what it depends on with its error; no `container_id`."""
    found = programs.start(BACKEND, ML_SERVICE_URL=_NO_ONE).get("/health")
    body = found.json()
    assert (found.status_code, body["status"], body["version"]) == (503, "unhealthy", "1.0.0")
    assert body.keys() == {"status", "version", "timestamp", "checks"}
    checks = body["checks"]
    assert checks.keys() == {"database", "redis", "ml_service", "notification_queue"}
    assert all(one.keys() == {"status", "latency_ms", "error"} for one in checks.values())
    assert checks["redis"]["error"] == "REDIS_URL is not set"
    assert "refused" in checks["ml_service"]["error"]


def test_health_waits_for_a_frozen_ml_service(programs: Programs) -> None:
    """Up to five seconds, though it is optional; the liveness path answers at once meanwhile."""
    with frozen_host() as port:
        program = programs.start(BACKEND, ML_SERVICE_URL=f"http://127.0.0.1:{port}")
        assert program.get("/health/live").elapsed.total_seconds() < 2
        found = program.get("/health")
    assert 4.5 < found.elapsed.total_seconds() < 9
    assert "timed out" in found.json()["checks"]["ml_service"]["error"]


def test_health_waits_for_the_queue(programs: Programs) -> None:
    """Its client tries again and again; the cache's tells at once."""
    program = programs.start(BACKEND, REDIS_URL="redis://127.0.0.1:1", ML_SERVICE_URL=_NO_ONE)
    checks = program.get("/health").json()["checks"]
    assert checks["redis"]["latency_ms"] < 2000
    assert 4000 < checks["notification_queue"]["latency_ms"] < 9000
    assert "refused" in checks["notification_queue"]["error"]


def test_redis_is_used_with_its_password(programs: Programs) -> None:
    """By cache and queue, each on a connection of its own."""
    redis = FakeRedis("p@ss word")
    redis.start()
    url = f"redis://default:p%40ss%20word@127.0.0.1:{redis.port}"
    program = programs.start(BACKEND, REDIS_URL=url)
    checks = program.get("/health").json()["checks"]
    assert {checks[name]["status"] for name in ("redis", "notification_queue")} == {"healthy"}
    queued = program.client.post("/api/notifications", json={"to": "user1"})
    assert (queued.status_code, queued.json()) == (202, {"status": "queued"})
    assert ["LPUSH", "bull:notifications:wait", '{"to": "user1"}'] in redis.asked
    assert redis.asked.count(["AUTH", "default", "p@ss word"]) == 2
    redis.close()


def test_a_wrong_password_is_told_without_it(programs: Programs) -> None:
    """Redis' own words; queues fail, and nothing of the password is anywhere."""
    redis = FakeRedis("right")
    redis.start()
    program = programs.start(BACKEND, REDIS_URL=f"redis://:so-wrong@127.0.0.1:{redis.port}")
    found = program.get("/health")
    assert found.json()["checks"]["redis"]["error"].startswith("WRONGPASS")
    refused = program.client.post("/api/notifications", json={})
    assert (refused.status_code, refused.json()["error"]) == (503, "Notifications are unavailable")
    assert "so-wrong" not in found.text + program.said()
    redis.close()


def test_requests_are_logged_as_pino_does(programs: Programs) -> None:
    """Level as text, ISO time, request and response as objects; health paths are not logged."""
    program = programs.start(BACKEND, ML_SERVICE_URL=_NO_ONE)
    program.get("/health/live")
    program.get("/health")
    program.get("/api/reports/weekly?x=1", **{"User-Agent": "app/1"})
    program.get("/nothing")
    program.get("/api/food/health")
    good, missing, failed = _lines(program, 3)
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", good.pop("time"))
    assert good.pop("responseTime") >= 500
    assert good == {
        "level": "info",
        "service": "nutri-backend",
        "version": "1.0.0",
        "environment": "production",
        "req": {"method": "GET", "url": "/api/reports/weekly?x=1", "userAgent": "app/1"},
        "res": {"statusCode": 200},
        "msg": "GET /api/reports/weekly?x=1 200",
    }
    assert (missing["level"], missing["msg"]) == ("warn", "GET /nothing 404")
    assert (failed["level"], failed["res"]) == ("error", {"statusCode": 503})
    assert failed["msg"].startswith("Request failed: ")
    assert failed["err"].keys() == {"type", "message", "stack"}


def test_the_log_heeds_its_level(programs: Programs) -> None:
    """LOG_LEVEL=error leaves the rest out."""
    program = programs.start(BACKEND, LOG_LEVEL="error")
    program.get("/nothing")
    program.get("/api/meals")
    (only,) = _lines(program, 1)
    assert only["res"] == {"statusCode": 500}


def test_without_its_database_it_answers_what_needs_none(programs: Programs) -> None:
    """What needs it fails with the app's own 500."""
    program = programs.start(BACKEND)
    assert program.get("/api/reports/weekly").status_code == 200
    failed = program.get("/api/meals")
    assert (failed.status_code, failed.json()) == (500, {"error": "Internal Server Error"})


def test_sigterm_ends_it_at_once_where_it_is_not_process_1(programs: Programs) -> None:
    """It has no handler: what is under way is cut. As process 1 it would serve on."""
    program = programs.start(BACKEND, DOUBLE_SLOW_SECONDS="10")
    program.get("/health/live")
    with socket.create_connection(("127.0.0.1", program.port)) as under_way:
        under_way.sendall(b"GET /api/reports/weekly HTTP/1.1\r\nHost: x\r\n\r\n")
        time.sleep(0.3)
        began = time.monotonic()
        assert program.end() == -15
        assert time.monotonic() - began < 2
        assert under_way.recv(100) == b""


def test_browsers_need_their_origin_in_the_list(programs: Programs) -> None:
    """Without CORS_ORIGIN the answer carries nothing that lets a browser read it."""
    origins = "https://nutri.test, https://admin.nutri.test"
    program = programs.start(BACKEND, CORS_ORIGIN=origins)
    told = program.get("/api/reports/weekly", Origin="https://admin.nutri.test")
    assert told.headers["access-control-allow-origin"] == "https://admin.nutri.test"
    ask = program.client.options("/api/meals", headers={"Origin": "https://nutri.test"})
    assert (ask.status_code, "access-control-allow-methods" in ask.headers) == (204, True)
    for other in (program, programs.start(BACKEND)):
        refused = other.get("/health/live", Origin="https://evil.test")
        assert "access-control-allow-origin" not in refused.headers


@pytest.mark.parametrize(
    ("hops", "forged", "left"),
    [
        ("1", ("9.9.9.1, 8.8.8.8", "9.9.9.2, 8.8.8.8"), 1),
        ("1", ("8.8.8.8", "8.8.4.4"), 2),
        ("2", ("9.9.9.1, 8.8.8.8", "9.9.9.2, 8.8.8.8"), 2),
        ("0", ("8.8.8.8", "8.8.4.4"), 1),
    ],
)
def test_the_rate_limit_tells_whose_a_request_was(
    programs: Programs, hops: str, forged: tuple[str, str], left: int
) -> None:
    """TRUST_PROXY hops are believed, counted from the app; the rest is the client's own word."""
    program = programs.start(BACKEND, TRUST_PROXY=hops, RATE_LIMIT_MAX="3")
    for told in forged:
        found = program.get("/api/meals", **{"X-Forwarded-For": told})
    assert found.headers["ratelimit-limit"] == "3"
    assert int(found.headers["ratelimit-remaining"]) == left


def test_a_client_gets_a_hundred_requests(programs: Programs) -> None:
    """In a quarter of an hour, below /api/ alone; then 429."""
    program = programs.start(BACKEND)
    seen = [program.get("/api/live").status_code for _ in range(101)]
    assert (set(seen[:100]), seen[100]) == ({426}, 429)
    assert program.get("/health/live").status_code == 200


def test_https_is_enforced_by_what_a_believed_proxy_says(programs: Programs) -> None:
    """ENFORCE_HTTPS: the same address with TLS; probes, which come without a proxy, are let be."""
    program = programs.start(BACKEND, ENFORCE_HTTPS="true", TRUST_PROXY="1")
    plain = program.get("/api/meals?x=1", **{"X-Forwarded-Proto": "http", "Host": "api.nutri.test"})
    assert (plain.status_code, plain.headers["location"]) == (
        301,
        "https://api.nutri.test/api/meals?x=1",
    )
    assert program.get("/health/live").status_code == 200


@pytest.mark.parametrize("chunked", [False, True])
def test_uploads_are_read_to_their_end(programs: Programs, chunked: bool) -> None:
    """With a length or in chunks; the connection goes on to serve."""
    program = programs.start(BACKEND)
    program.get("/health/live")
    payload = os.urandom(300_000)
    content: Any = iter([payload[:1000], payload[1000:]]) if chunked else payload
    told = program.client.post("/api/uploads", content=content).json()
    assert told == {"bytes": 300_000, "sha256": hashlib.sha256(payload).hexdigest()}
    assert program.client.post("/nothing", content=payload).status_code == 404
    assert program.get("/health/live").is_success


def test_an_export_comes_bit_by_bit(programs: Programs) -> None:
    """Its body is one JSON object in the end."""
    program = programs.start(BACKEND)
    program.get("/health/live")
    with httpx.stream("GET", f"{program.client.base_url}/api/export", timeout=10) as answer:
        pieces = list(answer.iter_raw())
    assert len(pieces) > 2
    assert json.loads(b"".join(pieces))["steps"] == list(range(5))


def test_a_websocket_says_back_what_is_said(programs: Programs) -> None:
    """After the protocol's own handshake, and with a sign of life every second."""
    program = programs.start(BACKEND)
    program.get("/health/live")
    key = base64.b64encode(bytes(16)).decode()
    with socket.create_connection(("127.0.0.1", program.port), 10) as line:
        line.sendall(
            b"GET /api/live HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            + f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )
        head = line.recv(4096)
        assert head.startswith(b"HTTP/1.1 101 ")
        mask = bytes([1, 2, 3, 4])
        said = bytes(byte ^ mask[at % 4] for at, byte in enumerate(b"hello"))
        line.sendall(bytes([0x81, 0x85]) + mask + said)
        assert line.recv(100) == b"\x81\x05hello"
        assert b'{"beat": 1, ' in line.recv(100)

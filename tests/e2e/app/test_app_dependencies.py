"""The app with its database, its Redis and its ML service: all well, and each one away."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import dns.resolver
import psycopg
import pytest

from common.waiting import wait_until
from localcloud.redis import HOST, PASSWORD, PORT, address
from localcloud.supabase.constants import PROJECT_REF
from tests.e2e.app.conftest import ASYNCPG_URL, DIRECT_URL, POOLED_URL, docker, seconds_of

if TYPE_CHECKING:
    from tests.e2e.app.conftest import App, Container

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

_LOGIN = {"email": "user7@nutri.test", "password": "password7"}
_NPX = ("npx", "--no-install", "prisma", "migrate")


def test_all_is_healthy(app: App, pair: tuple[Container, Container]) -> None:  # noqa: ARG001 - nothing is wrong
    """Database, Redis over TLS, ML service and queue; no container and no tag is told."""
    backend, ml = pair
    for one, names in (
        (backend, {"database", "redis", "ml_service", "notification_queue"}),
        (ml, {"database", "redis"}),
    ):
        found = one.health()
        assert (found["status"], found["checks"].keys()) == ("healthy", names), found
        assert (found["version"], "container_id" in found) == ("1.0.0", False)


def test_its_routes_use_what_they_need(app: App, pair: tuple[Container, Container]) -> None:  # noqa: ARG001
    """Login takes its time and reads the database; the cache answers the second request."""
    backend, _ = pair
    login = backend.ask("POST", "/api/auth/login", _LOGIN)
    assert login.status_code == 200
    assert login.json()["token"].count(".") == 2
    assert login.elapsed.total_seconds() >= 0.1
    assert backend.ask("POST", "/api/auth/login", _LOGIN | {"password": "x"}).status_code == 401
    assert backend.ask("GET", "/api/users/count").json() == {"count": 500}
    assert backend.ask("POST", "/api/meals", {"name": "soup"}).status_code == 201
    assert backend.ask("GET", "/api/meals").json()["meals"][0]["name"] == "soup"
    kept = [backend.ask("GET", "/api/foods").headers["x-cache"] for _ in range(2)]
    assert kept[1] == "HIT"
    assert backend.ask("POST", "/api/notifications", {"to": "x"}).status_code == 202
    assert backend.ask("GET", "/api/food/health").json()["ml_service"] == "ok"


def test_three_clients_have_the_limit_each(app: App) -> None:
    """A leak takes one client's connections alone: health and jobs go on with theirs."""
    url = f"{DIRECT_URL}?connection_limit=2&pool_timeout=1&application_name=three"
    backend = app.start("backend", DATABASE_URL=url)
    backend.until_alive()
    assert backend.ask("POST", "/api/debug/leak", {"connections": 2}).json() == {"held": 2}
    assert backend.ask("GET", "/api/users/count").status_code == 500
    assert "Timed out fetching a new connection" in backend.log()
    assert backend.health()["checks"]["database"]["status"] == "healthy"
    with psycopg.connect(_here(app, DIRECT_URL), autocommit=True) as database:
        # The pooler adds the client's address to its name.
        query = "SELECT count(*) FROM pg_stat_activity WHERE application_name LIKE 'three%'"
        wait_until(
            "one connection a client and two that leak",
            lambda: database.execute(query).fetchone() == (4,),
            bound=20,
        )


def test_a_pooler_needs_pgbouncer_true(app: App) -> None:
    """Without it statements are prepared, which are another connection's the next time."""
    backend = app.start("backend", DATABASE_URL=POOLED_URL.replace("pgbouncer=true&", ""))
    backend.until_alive()
    codes = {backend.ask("GET", "/api/users/count").status_code for _ in range(30)}
    assert 500 in codes
    assert "prepared statement" in backend.log()


def test_asyncpg_may_not_prepare_through_a_pooler(app: App) -> None:
    """Without `prepared_statement_cache_size=0` it does, as Prisma without `pgbouncer=true`."""
    ml = app.start("ml-service", DATABASE_URL=ASYNCPG_URL.partition("?")[0])
    ml.until_alive()
    seen = [ml.health()["checks"]["database"] for _ in range(30)]
    errors = {one.get("error", "") for one in seen}
    assert any("prepared statement" in error for error in errors), errors


def test_a_frozen_ml_service_holds_up_health_alone(
    app: App,  # noqa: ARG001 - nothing else is wrong
    pair: tuple[Container, Container],
) -> None:
    """Five seconds of it, `degraded` with 200; what needs no ML answers at once."""
    backend, ml = pair
    docker("pause", ml.name)
    try:
        began = time.monotonic()
        found = backend.ask("GET", "/health")
        assert seconds_of(began) > 4.5
        assert (found.status_code, found.json()["status"]) == (200, "degraded")
        assert "timed out" in found.json()["checks"]["ml_service"]["error"]
        assert backend.ask("GET", "/health/live").elapsed.total_seconds() < 2
        assert backend.ask("POST", "/api/auth/login", _LOGIN).status_code == 200
    finally:
        docker("unpause", ml.name)
    assert backend.health()["status"] == "healthy"


@pytest.mark.parametrize(
    ("kind", "says"), [("down", "refused"), ("password", "WRONGPASS"), ("frozen", "timed out")]
)
def test_redis_away_is_degraded(
    app: App, pair: tuple[Container, Container], kind: str, says: str
) -> None:
    """With 200; the queue's check waits its five seconds; all but queues goes on."""
    backend, _ = pair
    app.trouble(kind)
    began = time.monotonic()
    found = backend.ask("GET", "/health")
    took = seconds_of(began)
    checks = found.json()["checks"]
    assert (found.status_code, found.json()["status"]) == (200, "degraded")
    assert says in checks["redis"]["error"].lower() or says in checks["redis"]["error"]
    assert 4 < took < 9
    assert backend.ask("POST", "/api/auth/login", _LOGIN).status_code == 200
    assert backend.ask("POST", "/api/notifications", {}).status_code == 503
    app.trouble("none")
    wait_until("health", lambda: backend.health()["status"] == "healthy", bound=20)


def test_a_database_that_is_away_is_unhealthy(app: App, pair: tuple[Container, Container]) -> None:
    """503 of `/health`; the rest answers by itself, and what needs data fails with 500."""
    backend, _ = pair
    app.cloud.knob("POST", f"/supabase/{PROJECT_REF}/down")
    try:
        found = backend.ask("GET", "/health")
        assert (found.status_code, found.json()["status"]) == (503, "unhealthy")
        assert backend.ask("GET", "/health/live").status_code == 200
        assert backend.ask("POST", "/api/auth/login", _LOGIN).status_code == 500
        assert backend.ask("GET", "/api/food/health").status_code == 200
    finally:
        app.cloud.knob("POST", f"/supabase/{PROJECT_REF}/up")
    wait_until("health", lambda: backend.health()["status"] == "healthy", bound=30)
    # A client's idle connections have ended meanwhile: it makes new ones, and nobody sees it.
    assert backend.ask("POST", "/api/auth/login", _LOGIN).status_code == 200


def test_redis_wants_tls_and_its_password(app: App) -> None:
    """By its name in the double's DNS, with a certificate of the cloud's authority."""
    resolver = dns.resolver.Resolver(configure=False)
    resolver.nameservers, resolver.port = ["127.0.0.1"], app.cloud.dns_port
    (found,) = resolver.resolve(HOST, "A")
    assert found.to_text() == address(app.cloud.lane.instance(app.cloud.home))
    trust = ssl.create_default_context(cafile=str(app.cloud.home / "ca.crt"))
    with (
        socket.create_connection((found.to_text(), PORT), 5) as plain,
        trust.wrap_socket(plain, server_hostname=HOST) as line,
    ):
        line.sendall(b"PING\r\n")
        assert line.recv(100).startswith(b"-NOAUTH")
        line.sendall(f"AUTH default {PASSWORD}\r\nINFO memory\r\n".encode())
        said = line.recv(100)
        assert said.startswith(b"+OK")
    with socket.create_connection((found.to_text(), PORT), 5) as bare:
        bare.sendall(b"PING\r\n")
        assert b"PONG" not in bare.recv(100)


def test_prisma_takes_its_lock(app: App, pair: tuple[Container, Container]) -> None:
    """A second run waits ten seconds, then says P1002; the lock let go, it goes on."""
    backend, _ = pair
    assert "Database schema is up to date!" in backend.run(*_NPX, "status").stdout
    with psycopg.connect(_here(app, DIRECT_URL), autocommit=True) as other:
        other.execute("SELECT pg_advisory_lock(72707369)")
        began = time.monotonic()
        refused = backend.run(*_NPX, "deploy")
        assert seconds_of(began) > 9
        assert (refused.returncode, "P1002" in refused.stdout) == (1, True)
        waiting = threading.Timer(3, other.execute, ("SELECT pg_advisory_unlock(72707369)",))
        waiting.start()
        assert "No pending migrations" in backend.run(*_NPX, "deploy").stdout
        waiting.join()


def test_prisma_needs_both_urls_and_may_be_gone(app: App) -> None:
    """Its schema names them both; an image without it says so as npx does."""
    backend = app.start("backend", DIRECT_URL="")
    assert "P1012" in backend.run(*_NPX, "status").stdout
    gone = app.start("backend", tag="without-prisma").run(*_NPX, "status")
    assert gone.returncode == 1
    assert "npx canceled due to missing packages" in gone.stderr


def _here(app: App, url: str) -> str:
    """The database's URL as this machine reaches it."""
    return url.replace("pooler.localcloud.test", f"127.{app.cloud.lane.block}.255.1")

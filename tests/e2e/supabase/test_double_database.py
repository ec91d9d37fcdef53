"""The double's database is a real one: roles, recovery to a moment, a project more, a restart."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import httpx
import psycopg
import pytest

from clients.dns import NameNotResolvedError, Resolver
from common.waiting import wait_until
from localcloud.supabase.constants import TOKEN, direct_address, direct_host_of
from tests.e2e.supabase.conftest import PASSWORD, REF, sql

if TYPE_CHECKING:
    from tests.e2e.conftest import Cloud

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(600)]


def _active(cloud: Cloud) -> bool:
    return bool(cloud.supabase("GET", "")["status"] == "ACTIVE_HEALTHY")


def _listed(cloud: Cloud, ref: str) -> dict[str, str]:
    url = f"http://127.0.0.1:{cloud.port}/_localcloud/status"
    return next(one for one in httpx.get(url).json()["projects"] if one["ref"] == ref)


def test_both_ports_serve_the_same_rows(database_cloud: Cloud) -> None:
    """Pooled in transaction mode and direct; the owner is no superuser; another role may read."""
    wait_until("the database", lambda: _active(database_cloud), bound=60)
    for port in (5432, 6543):
        assert sql(database_cloud, "SELECT count(*) FROM nutrition_entries", port) == [(9000,)]
    assert sql(database_cloud, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") == [
        (False,)
    ]
    readable = "SELECT has_table_privilege('nutri_readonly', 'users', 'SELECT')"
    assert sql(database_cloud, readable) == [(True,)]
    assert ("pgcrypto",) in sql(database_cloud, "SELECT extname FROM pg_extension")


def test_it_is_reached_as_at_the_vendor(database_cloud: Cloud) -> None:
    """PostgreSQL 17; sessions on 5432, transactions on 6543, the database itself by IPv6 alone."""
    wait_until("the database", lambda: _active(database_cloud), bound=60)
    assert sql(database_cloud, "SHOW server_version")[0][0].startswith("17.")
    user = f"postgres.{REF}"
    for port in (5432, 6543):
        assert sql(database_cloud, "SELECT current_user::text", port, user=user) == [("postgres",)]
    lane = database_cloud.lane
    address = direct_address(lane.block)
    # A pooler speaks to the database over its socket.
    assert sql(database_cloud, "SELECT inet_client_addr() IS NULL") == [(True,)]
    assert sql(database_cloud, "SELECT host(inet_server_addr())", address=address) == [(address,)]
    names = Resolver([f"127.0.0.1:{lane.dns_port}"])
    assert names.reachable(direct_host_of(REF)) == address
    with pytest.raises(NameNotResolvedError, match="no A record"):
        names.addresses(direct_host_of(REF))


def test_a_session_is_a_clients_own(database_cloud: Cloud) -> None:
    """What one has set, the next one has not; and within a session it stays."""
    block = database_cloud.lane.block
    place = f"host=127.{block}.255.1 port=5432 user=postgres dbname=postgres"
    for _ in range(2):
        with psycopg.connect(f"{place} password={PASSWORD}", autocommit=True) as one:
            assert one.execute("SHOW application_name").fetchone() != ("mine",)
            one.execute("CREATE TEMPORARY TABLE mine (n int)")
            one.execute("SET default_transaction_read_only = on")
            assert one.execute("SHOW transaction_read_only").fetchone() == ("on",)
            assert one.execute("SELECT count(*) FROM mine").fetchone() == (0,)


def test_the_state_survives_a_restart(database_cloud: Cloud) -> None:
    """A paused project stays paused when the double's process ends and starts anew."""
    database_cloud.supabase("POST", "/pause")
    wait_until(
        "the pause",
        lambda: database_cloud.supabase("GET", "")["status"] == "INACTIVE",
        bound=60,
    )
    pid = (database_cloud.home / "localcloud.pid").read_text().strip()
    os.kill(int(pid), signal.SIGKILL)
    assert database_cloud.localcloud("up").returncode == 0
    assert database_cloud.supabase("GET", "")["status"] == "INACTIVE"
    with pytest.raises(psycopg.OperationalError):
        sql(database_cloud, "SELECT 1")
    database_cloud.supabase("POST", "/restore")
    wait_until("the project", lambda: _active(database_cloud), bound=60)
    assert sql(database_cloud, "SELECT count(*) FROM users", 6543) == [(500,)]


def test_a_recovery_to_a_moment_is_real(database_cloud: Cloud) -> None:
    """What was deleted after the moment is back; what came later is gone."""
    wait_until("the database", lambda: _active(database_cloud), bound=60)
    sql(
        database_cloud,
        "INSERT INTO users (email, name, password_hash) VALUES ('kept@nutri.test', 'k', 'x')",
    )
    moment = int(time.time()) + 1
    wait_until("the moment to pass", lambda: time.time() > moment + 1, bound=10, interval=0.2)
    sql(database_cloud, "TRUNCATE users CASCADE")
    body = {"recovery_time_target_unix": moment}
    database_cloud.supabase("POST", "/database/backups/restore-pitr", body)
    wait_until("the recovery", lambda: _active(database_cloud), bound=120)
    assert sql(database_cloud, "SELECT count(*) FROM users") == [(501,)]
    sql(database_cloud, "DELETE FROM users WHERE email = 'kept@nutri.test'")


def test_a_project_more_is_empty_and_on_its_own(database_cloud: Cloud) -> None:
    """It has its own roles, password and version, and leaves nothing behind."""
    url = f"http://127.0.0.1:{database_cloud.port}/supabase/v1/projects"
    headers = {"Authorization": f"Bearer {TOKEN}"}
    ref = database_cloud.new_project("again", major=15)
    address = _listed(database_cloud, ref)["address"]
    assert sql(database_cloud, "SHOW server_version", address=address)[0][0].startswith("15.")
    assert address != _listed(database_cloud, REF)["address"]
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"
    assert sql(database_cloud, tables, address=address) == [(0,)]
    assert sql(database_cloud, "SELECT to_regrole('nutri_readonly')::text", address=address) == [
        (None,)
    ]
    assert httpx.delete(f"{url}/{ref}", headers=headers, timeout=60).is_success
    with pytest.raises(psycopg.OperationalError):
        sql(database_cloud, "SELECT 1", address=address)

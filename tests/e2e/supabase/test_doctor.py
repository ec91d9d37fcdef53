"""The doctor on a real database: paused, exhausted, stopped writes; and the drill."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import psycopg
import pytest

from tests.e2e.supabase.conftest import REF

if TYPE_CHECKING:
    from tests.e2e.supabase.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]


def test_a_paused_project_is_restored(platform: Platform) -> None:
    """Status is red, the doctor restores it and waits out its delay, and the app has data again."""
    platform.cloud.supabase("POST", "/pause")
    platform.until("INACTIVE")
    seen = platform.stack.runbook("database", "status")
    assert seen.returncode == 1
    assert "Supabase has paused it" in seen.stdout
    platform.cloud.knob("PATCH", "/supabase/", {"restore_seconds": 3})
    done = platform.stack.runbook("database", "doctor", "--yes", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert json.loads(done.stdout)["steps"] == [
        "restoring the paused project",
        "waiting for the project",
    ]
    assert "its status is COMING_UP" in done.stderr
    assert platform.status() == "ACTIVE_HEALTHY"
    platform.until_app("healthy")
    assert platform.api("GET", "/api/users/count").json() == {"count": 500}
    platform.cloud.knob("PATCH", "/supabase/", {"restore_seconds": 0})


def test_a_pool_that_the_app_has_exhausted_is_freed(platform: Platform) -> None:
    """Leaked transactions take the whole pool; the doctor names who, and restarts the replicas."""
    platform.cloud.supabase("PATCH", "/config/database/pooler", {"default_pool_size": 6})
    leaks = [platform.api("POST", "/api/debug/leak", {"connections": 3}) for _ in range(4)]
    assert any(leak.is_success for leak in leaks)
    check = platform.stack.runbook("check", "pool")
    assert check.returncode == 1
    assert "exhausted" in check.stdout
    done = platform.stack.runbook("database", "doctor", "--yes")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "nutri-backend" in done.stdout
    assert "idle in transaction" in done.stdout
    assert "nutri-backend: 2 replicas restarted" in done.stdout
    platform.until_app("healthy")
    assert platform.api("GET", "/api/users/count").is_success
    platform.cloud.supabase("PATCH", "/config/database/pooler", {"default_pool_size": 15})


def test_a_database_without_any_connection_left_is_red(platform: Platform) -> None:
    """Not even the check gets in, and that is the finding; ended, all is well."""
    platform.cloud.knob("POST", f"/supabase/{REF}/hold", {"connections": 60, "through": "direct"})
    done = platform.stack.runbook("check", "pool")
    platform.cloud.knob("POST", f"/supabase/{REF}/hold", {"connections": 0})
    assert done.returncode == 1
    assert "has no connection left" in done.stdout


def test_writes_are_stopped_for_sure_and_allowed_again(platform: Platform) -> None:
    """Through the pooler, on its old connections too; reading goes on; the check stays red."""
    assert platform.api("POST", "/api/meals", {"name": "before"}).status_code == 201
    stopped = platform.stack.runbook("database", "doctor", "--stop-writes", "--yes")
    assert stopped.returncode == 0, stopped.stdout + stopped.stderr
    assert "backups" in stopped.stdout
    for _ in range(8):
        assert platform.api("POST", "/api/meals", {"name": "while"}).status_code == 500
    with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
        platform.sql("DELETE FROM meals", port=6543)
    assert platform.api("GET", "/api/users/count").json() == {"count": 500}
    assert platform.stack.runbook("check", "database-writes").returncode == 1
    allowed = platform.stack.runbook("database", "doctor", "--allow-writes")
    assert allowed.returncode == 0, allowed.stdout + allowed.stderr
    platform.until_app("healthy")
    assert platform.api("POST", "/api/meals", {"name": "after"}).status_code == 201
    names = platform.sql("SELECT name FROM meals WHERE name IN ('before', 'while', 'after')")
    assert sorted(names) == [("after",), ("before",)]


def test_the_drill_of_a_paused_database(platform: Platform) -> None:
    """Refused without the stack's name; with it, a report of what was seen and mended."""
    refused = platform.stack.runbook("drill", "paused-database")
    assert refused.returncode == 2
    assert "--yes-really e2e" in refused.stderr
    done = platform.stack.runbook("drill", "paused-database", "--yes-really", "e2e", "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    report = json.loads(done.stdout)
    assert report["outcome"] == "recovered"
    assert report["measures"].keys() == {"detection_seconds", "recovery_seconds"}
    assert [phase["name"].partition(":")[0] for phase in report["phases"]] == [
        "pausing the project by Supabase's API",
        "detection",
        "the pause is complete",
        "recovery",
        "verification",
    ]
    assert platform.status() == "ACTIVE_HEALTHY"

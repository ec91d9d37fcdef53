"""Taking the database back to a moment: by the vendor's recovery, which is real in the double."""

from __future__ import annotations

import json
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from common.waiting import wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.supabase.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]


@contextmanager
def _plan(platform: Platform, *, pitr: bool) -> Iterator[None]:
    platform.cloud.knob("PATCH", "/supabase/", {"pitr": pitr})
    try:
        yield
    finally:
        platform.cloud.knob("PATCH", "/supabase/", {"pitr": True})


def _backups(platform: Platform) -> str:
    done = platform.stack.runbook("check", "database-backups", "--json")
    (found,) = json.loads(done.stdout)["results"]
    return f"{found['status']}: {found['message']}"


def test_a_plan_without_it_says_so(platform: Platform) -> None:
    """The verb points at dumps, and the check tells what may be lost; nothing is touched."""
    with _plan(platform, pitr=False):
        assert "green" in _backups(platform)
        assert "no point-in-time recovery in this plan" in _backups(platform)
        done = platform.stack.runbook(
            "database", "restore", "--at", "2026-03-01T12:00", "--lose", "postgres", "--yes"
        )
    assert done.returncode == 2
    assert "runbook restore --to scratch --at TIME" in done.stderr
    assert "any moment since" in _backups(platform)


def test_the_database_goes_back_to_a_moment(platform: Platform) -> None:
    """What was lost is back, what came later is gone, and the app serves again."""
    platform.sql("INSERT INTO users (email, name, password_hash) VALUES ('kept@x.test', 'k', 'x')")
    moment = int(time.time()) + 1
    wait_until("the moment to pass", lambda: time.time() > moment + 1, bound=10, interval=0.2)
    platform.sql("DELETE FROM users WHERE email = 'kept@x.test'")
    platform.sql("CREATE TABLE later (n int)")
    at = f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%dT%H:%M:%S}"
    words = ("database", "restore", "--at", at, "--yes")
    unnamed = platform.stack.runbook(*words)
    assert unnamed.returncode == 2
    assert "--lose postgres" in unnamed.stderr
    undumped = platform.stack.runbook(*words, "--lose", "postgres")
    assert "--without-dump" in undumped.stderr
    assert platform.sql("SELECT to_regclass('later')::text") == [("later",)]
    done = platform.stack.runbook(*words, "--lose", "postgres", "--without-dump")
    assert done.returncode in {0, 1}, done.stdout + done.stderr
    assert platform.sql("SELECT to_regclass('later')::text") == [(None,)]
    assert platform.sql("SELECT name FROM users WHERE email = 'kept@x.test'") == [("k",)]
    platform.until_app("healthy")
    assert platform.api("GET", "/api/users/count").json() == {"count": 501}
    platform.sql("DELETE FROM users WHERE email = 'kept@x.test'")

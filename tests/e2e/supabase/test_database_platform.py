"""The app with its database: real queries through the pooler, and what the checks say of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.supabase.conftest import REF

if TYPE_CHECKING:
    from tests.e2e.supabase.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_IDS = ("database-status", "pool", "pooled-url", "database-backups")


def _results(platform: Platform, *ids: str) -> dict[str, dict[str, str]]:
    done = platform.stack.runbook("check", *ids, "--json")
    report = json.loads(done.stdout)
    return {one["check"]: one for one in report["results"]}


def test_the_app_reads_and_writes_through_the_pooler(platform: Platform) -> None:
    """Rows come back, a written one is in the database, and the pool's connections are its own."""
    assert platform.api("GET", "/api/users/count").json() == {"count": 500}
    written = platform.api("POST", "/api/meals", {"name": "soup"})
    assert written.status_code == 201
    assert platform.sql("SELECT name FROM meals WHERE name = 'soup'") == [("soup",)]
    assert platform.app_database() == "healthy"
    names = platform.sql("SELECT DISTINCT application_name FROM pg_stat_activity")
    assert any(str(name).startswith("nutri-backend") for (name,) in names)


def test_the_app_leaves_signs_of_life(platform: Platform) -> None:
    """The canary's newest row is some seconds old."""
    ((age,),) = platform.sql("SELECT extract(epoch FROM now() - max(beat_at)) FROM heartbeat")
    assert age < 30


def test_all_is_green(platform: Platform) -> None:
    """Status, pool, URL and backups."""
    found = _results(platform, *_IDS)
    assert {name: one["status"] for name, one in found.items()} == dict.fromkeys(_IDS, "green")


def test_a_budget_that_does_not_fit_is_refused_in_the_preview(platform: Platform) -> None:
    """The numbers are told, and what would fit; nothing was touched."""
    platform.stack.change("nutri-backend", database={"DATABASE_URL": {"connections": 3}})
    done = platform.stack.pulumi("preview")
    platform.stack.change("nutri-backend", database={"DATABASE_URL": {"connections": 1}})
    assert done.returncode != 0
    assert (
        "nutri-backend 2 replicas x 3 clients x 3 connections = 18: 20 connections, and the pooler"
        " has 15" in platform.stack.last.replace("\n", " ")
    )


def test_backups_and_status_turn_red(platform: Platform) -> None:
    """Stale backups and an outage are seen, and the app says so without leaving the proxy."""
    platform.cloud.knob("PATCH", "/supabase/", {"backups": "stale"})
    platform.cloud.knob("POST", f"/supabase/{REF}/down")
    try:
        found = _results(platform, "database-status", "database-backups")
        assert {one["status"] for one in found.values()} == {"red"}
        platform.until_app("unhealthy")
        health = platform.api("GET", "/health")
        assert (health.status_code, health.json()["status"]) == (503, "unhealthy")
        assert platform.api("GET", "/api/users/count").json() == {"error": "Internal Server Error"}
    finally:
        platform.cloud.knob("PATCH", "/supabase/", {"backups": "daily"})
        platform.cloud.knob("POST", f"/supabase/{REF}/up")
    platform.until_app("healthy")

"""Worlds in which something is wrong with the database or the way to it."""

from __future__ import annotations

import subprocess

from tests.e2e.mutants.mutant import Broken, mutant
from tests.e2e.mutants.scene import BACKEND, Scene

PROJECT = "localcloudnutriaaaaa"
_UNHEALTHY = "the app calls itself unhealthy without its database"


@mutant(
    "database-status",
    PROJECT,
    says="nutri is INACTIVE: Supabase has paused it",
    remedy="runbook database doctor",
    also={
        "pool": "nobody can be asked who is connected",
        "database-writes": "nobody can be asked whether it may be written",
        "health": _UNHEALTHY,
    },
)
def the_project_is_paused(scene: Scene) -> Broken:
    """Supabase has paused the database's project."""
    scene.cloud.supabase("POST", "/pause")
    yield None
    scene.cloud.supabase("POST", "/restore")


@mutant(
    "pool",
    PROJECT,
    says=r"exhausted: .* of the pool's 15 at work; held by stuck-job at \S+ \(15, idle in",
    remedy="runbook database doctor",
    also={"health": _UNHEALTHY},
)
def the_pool_is_exhausted(scene: Scene) -> Broken:
    """Somebody holds every connection of the pool inside a transaction."""
    scene.cloud.knob("POST", f"/supabase/{PROJECT}/hold", {"connections": 15})
    yield None
    scene.cloud.knob("POST", f"/supabase/{PROJECT}/hold", {"connections": 0})


@mutant(
    "pooled-url",
    BACKEND,
    says="replica 1 goes past the pooler",
    remedy="nutri-backend-1:variables",
    also={"variables": "Coolify has another value than the service was given"},
)
def a_replica_goes_past_the_pooler(scene: Scene) -> Broken:
    """Somebody gave a replica the direct URL in Coolify's dashboard."""
    database = scene.target.database
    assert database
    assert database.url
    assert database.direct_url
    _give_url(scene, database.direct_url.get_secret_value())
    yield None
    _give_url(scene, database.url.get_secret_value())


@mutant(
    "database-writes",
    PROJECT,
    says="writes are stopped",
    remedy="runbook database doctor --allow-writes",
)
def writes_are_stopped(scene: Scene) -> Broken:
    """Somebody made the database read-only, and forgot it."""
    _sql("ALTER DATABASE postgres SET default_transaction_read_only = on", scene)
    yield None
    _sql("ALTER DATABASE postgres RESET default_transaction_read_only", scene)


@mutant(
    "database-backups",
    PROJECT,
    says="the newest 72 h old, more than 26 h",
    remedy="support",
)
def supabase_makes_no_backups(scene: Scene) -> Broken:
    """Supabase has made no backup for three days."""
    scene.cloud.knob("PATCH", "/supabase/", {"backups": "stale"})
    yield None
    scene.cloud.knob("PATCH", "/supabase/", {"backups": "daily"})


def _sql(statement: str, scene: Scene) -> None:
    name = f"localcloud-{scene.cloud.environment['LOCALCLOUD_NAME']}-database-{PROJECT}"
    words = ["psql", "--username=postgres", "--dbname=postgres", f"--command={statement}"]
    writing = "PGOPTIONS=-c default_transaction_read_only=off"
    subprocess.run(
        ["docker", "exec", "--env", writing, name, *words], check=True, capture_output=True
    )


def _give_url(scene: Scene, url: str) -> None:
    application = scene.service(BACKEND).applications[0]
    body = {"key": "DATABASE_URL", "value": url}
    scene.coolify("PATCH", f"applications/{application}/envs", body)
    scene.redeploy(application)

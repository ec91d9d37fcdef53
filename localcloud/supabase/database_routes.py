"""A project's database: pooler, password, backups."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from localcloud.supabase import constants
from localcloud.supabase.http import Body, answer, parse, project_of, projects_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from localcloud.supabase.projects import Project

_MOST_BACKUPS = 7
_STALE = timedelta(days=3)
_PITR_DAYS = 7


class PoolerBody(Body):
    """PATCH .../config/database/pooler."""

    default_pool_size: int | None = Field(None, ge=0, le=3000)


class PasswordBody(Body):
    """PATCH .../database/password."""

    password: str = Field(min_length=4)


class RestoreBody(Body):
    """POST .../database/backups/restore-pitr."""

    recovery_time_target_unix: int = Field(ge=0)


async def get_pooler(request: Request) -> Response:
    """GET .../config/database/pooler."""
    return answer([_pooler(project_of(request))])


async def patch_pooler(request: Request) -> Response:
    """PATCH .../config/database/pooler."""
    project, body = project_of(request), await parse(request, PoolerBody)
    if body.default_pool_size:
        project = await projects_of(request).set_pool_size(project, body.default_pool_size)
    return answer({"default_pool_size": project.pool_size, "pool_mode": "transaction"})


async def patch_password(request: Request) -> Response:
    """PATCH .../database/password."""
    body = await parse(request, PasswordBody)
    await projects_of(request).set_password(project_of(request), body.password)
    return answer({"message": "Successfully updated database password"})


async def list_backups(request: Request) -> Response:
    """GET .../database/backups."""
    project, projects = project_of(request), projects_of(request)
    now = projects.clock.now()
    backups = [_backup(at) for at in _backup_times(project, now, projects.knobs.backups)]
    shown: dict[str, Any] = {
        "region": project.region,
        "walg_enabled": True,
        "pitr_enabled": projects.knobs.pitr,
        "backups": backups,
        "physical_backup_data": {},
    }
    if projects.knobs.pitr:
        earliest = max(project.created, (now - timedelta(days=_PITR_DAYS)).timestamp())
        shown["physical_backup_data"] = {
            "earliest_physical_backup_date_unix": int(earliest),
            "latest_physical_backup_date_unix": int(now.timestamp()),
        }
    return answer(shown)


async def restore_pitr(request: Request) -> Response:
    """POST .../database/backups/restore-pitr."""
    project, body = project_of(request), await parse(request, RestoreBody)
    projects_of(request).restore_to(project, body.recovery_time_target_unix)
    return Response(status_code=201)


def _pooler(project: Project) -> dict[str, Any]:
    host, port = project.host, constants.POOLER_PORT
    url = f"postgresql://postgres:[YOUR-PASSWORD]@{host}:{port}/postgres"
    return {
        "identifier": project.ref,
        "database_type": "PRIMARY",
        "is_using_scram_auth": True,
        "db_user": "postgres",
        "db_host": host,
        "db_port": port,
        "db_name": "postgres",
        "connection_string": url,
        "connectionString": url,
        "default_pool_size": project.pool_size,
        "max_client_conn": constants.MAX_CLIENTS,
        "pool_mode": "transaction",
    }


def _backup_times(project: Project, now: datetime, kept: str) -> list[datetime]:
    """The newest first: one at the beginning, then one a day, the last seven."""
    if kept == "none":
        return []
    first = datetime.fromtimestamp(project.created, UTC)
    count = (now - first).days + 1
    times = [first + timedelta(days=day) for day in range(count)][-_MOST_BACKUPS:]
    stale = [now - _STALE] if kept == "stale" else []
    return stale or times[::-1]


def _backup(at: datetime) -> dict[str, Any]:
    return {
        "id": int(at.timestamp()),
        "is_physical_backup": True,
        "status": "COMPLETED",
        "inserted_at": at.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
    }


_DATABASE = "/projects/{ref}/database"
_POOLER = "/projects/{ref}/config/database/pooler"

ROUTES = [
    Route(_POOLER, get_pooler, methods=["GET"]),
    Route(_POOLER, patch_pooler, methods=["PATCH"]),
    Route(f"{_DATABASE}/password", patch_password, methods=["PATCH"]),
    Route(f"{_DATABASE}/backups", list_backups, methods=["GET"]),
    Route(f"{_DATABASE}/backups/restore-pitr", restore_pitr, methods=["POST"]),
]

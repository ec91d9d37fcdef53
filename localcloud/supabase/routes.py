"""Projects: list, make, look, pause, restore, delete, and their health."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Literal

from pydantic import Field
from starlette.responses import Response
from starlette.routing import Route

from localcloud.supabase import constants
from localcloud.supabase.errors import SupabaseError
from localcloud.supabase.http import Body, answer, parse, project_of, projects_of
from localcloud.supabase.projects import Status

if TYPE_CHECKING:
    from starlette.requests import Request

    from localcloud.supabase.projects import Project

_SERVICES = ("auth", "db", "db_postgres_user", "pooler", "realtime", "rest", "storage")


class CreateBody(Body):
    """POST /projects."""

    name: str = Field(min_length=1, max_length=256)
    db_pass: str = Field(min_length=4)
    organization_id: str | None = None
    organization_slug: str | None = None
    region: str = "eu-central-1"
    postgres_engine: Literal["15", "17"] = "17"


def shape(project: Project) -> dict[str, Any]:
    """A project without its database."""
    created = datetime.fromtimestamp(project.created, UTC)
    return {
        "id": project.ref,
        "ref": project.ref,
        "organization_id": constants.ORGANIZATION,
        "organization_slug": constants.ORGANIZATION,
        "name": project.name,
        "region": project.region,
        "created_at": created.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        "status": project.shown_status.value,
    }


def with_database(project: Project) -> dict[str, Any]:
    """A project as it is listed."""
    database = {
        "host": project.direct_host,
        "version": constants.VERSIONS[project.major],
        "postgres_engine": str(project.major),
        "release_channel": "ga",
    }
    return shape(project) | {"database": database}


async def list_organizations(_request: Request) -> Response:
    """GET /organizations."""
    name = constants.ORGANIZATION
    return answer([{"id": name, "slug": name, "name": name}])


async def list_projects(request: Request) -> Response:
    """GET /projects."""
    return answer([with_database(one) for one in projects_of(request).all()])


async def create_project(request: Request) -> Response:
    """POST /projects."""
    body = await parse(request, CreateBody)
    organization = body.organization_slug or body.organization_id
    if organization != constants.ORGANIZATION:
        raise SupabaseError("organization_slug: Organization not found")
    project = projects_of(request).create(
        body.name, body.db_pass, body.region, int(body.postgres_engine)
    )
    return answer(shape(project), 201)


async def get_project(request: Request) -> Response:
    """GET /projects/{ref}."""
    return answer(with_database(project_of(request)))


async def delete_project(request: Request) -> Response:
    """DELETE /projects/{ref}."""
    project = project_of(request)
    await projects_of(request).delete(project)
    return answer({"id": project.id, "ref": project.ref, "name": project.name})


async def pause_project(request: Request) -> Response:
    """POST /projects/{ref}/pause."""
    projects_of(request).pause(project_of(request))
    return Response(status_code=200)


async def restore_project(request: Request) -> Response:
    """POST /projects/{ref}/restore: of a paused project."""
    projects_of(request).restore(project_of(request))
    return Response(status_code=200)


async def get_health(request: Request) -> Response:
    """GET /projects/{ref}/health?services=db,pooler."""
    project = project_of(request)
    words = request.query_params.getlist("services")
    wanted = [name for word in words for name in word.split(",") if name]
    unknown = [name for name in wanted if name not in _SERVICES]
    if unknown or not wanted:
        raise SupabaseError(f"services: each value must be one of {', '.join(_SERVICES)}")
    return answer([_health(name, project.shown_status) for name in wanted])


def _health(service: str, status: Status) -> dict[str, Any]:
    healthy = status is Status.ACTIVE
    words = {Status.ACTIVE: "ACTIVE_HEALTHY", Status.COMING_UP: "COMING_UP"}
    shown: dict[str, Any] = {"name": service, "healthy": healthy}
    shown["status"] = words.get(status, "UNHEALTHY")
    return shown if healthy else shown | {"error": f"project is {status}"}


ROUTES = [
    Route("/organizations", list_organizations, methods=["GET"]),
    Route("/projects", list_projects, methods=["GET"]),
    Route("/projects", create_project, methods=["POST"]),
    Route("/projects/{ref}", get_project, methods=["GET"]),
    Route("/projects/{ref}", delete_project, methods=["DELETE"]),
    Route("/projects/{ref}/pause", pause_project, methods=["POST"]),
    Route("/projects/{ref}/restore", restore_project, methods=["POST"]),
    Route("/projects/{ref}/health", get_health, methods=["GET"]),
]

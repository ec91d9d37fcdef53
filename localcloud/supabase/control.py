"""Turning Supabase's knobs over HTTP, under /_localcloud/supabase."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import ConfigDict, Field
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from localcloud.supabase import constants
from localcloud.supabase.errors import SupabaseError
from localcloud.supabase.http import Body, answer, parse, project_of, projects_of

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request

    from localcloud.supabase.projects import Projects


class ClosedBody(Body):
    """A body that takes no unknown property."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class KnobsBody(ClosedBody):
    """PATCH /; what is not named stays. See `projects.Knobs`."""

    pause_seconds: float | None = Field(None, ge=0)
    restore_seconds: float | None = Field(None, ge=0)
    backups: Literal["daily", "stale", "none"] | None = None
    pitr: bool | None = None


class HoldBody(ClosedBody):
    """POST /{ref}/hold."""

    connections: int = Field(ge=0, le=200)
    through: Literal["pooler", "direct"] = "pooler"


def listed(projects: Projects) -> list[dict[str, str]]:
    """The projects, for `localcloud status`."""
    return [
        {
            "ref": one.ref,
            "name": one.name,
            "status": one.shown_status.value,
            "host": one.host,
            "address": projects.address(one),
        }
        for one in projects.all()
    ]


async def patch_knobs(request: Request) -> Response:
    """PATCH /."""
    body, knobs = await parse(request, KnobsBody), projects_of(request).knobs
    for name in body.model_fields_set:
        setattr(knobs, name, getattr(body, name))
    return Response(status_code=204)


async def get_calls(request: Request) -> Response:
    """GET /calls: the API's requests so far, oldest first."""
    return answer({"calls": projects_of(request).knobs.calls})


async def set_down(request: Request) -> Response:
    """POST /{ref}/down: the database stops answering, though nobody paused it."""
    await projects_of(request).set_down(project_of(request), down=True)
    return Response(status_code=204)


async def set_up(request: Request) -> Response:
    """POST /{ref}/up: the outage ends."""
    await projects_of(request).set_down(project_of(request), down=False)
    return Response(status_code=204)


async def hold(request: Request) -> Response:
    """POST /{ref}/hold: connections that are held inside transactions; 0 lets go."""
    body = await parse(request, HoldBody)
    port = constants.POOLER_PORT if body.through == "pooler" else constants.DIRECT_PORT
    await projects_of(request).hold(project_of(request), body.connections, port)
    return Response(status_code=204)


def _answering(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def wrapped(request: Request) -> Response:
        try:
            return await handler(request)
        except SupabaseError as error:
            return JSONResponse(error.body, error.status)

    return wrapped


ROUTES = [
    Route(path, _answering(handler), methods=[method])
    for method, path, handler in (
        ("PATCH", "/", patch_knobs),
        ("GET", "/calls", get_calls),
        ("POST", "/{ref}/down", set_down),
        ("POST", "/{ref}/up", set_up),
        ("POST", "/{ref}/hold", hold),
    )
]

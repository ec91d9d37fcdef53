"""Turning the knobs over HTTP, under /_localcloud: for tests and the command line, not for apps."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Literal

from pydantic import Field
from starlette.routing import Route

from localcloud.hetzner.errors import ApiError, NotFoundError, ServerError
from localcloud.hetzner.http import JSON, Answer, ClosedBody, cloud_of, no_content, parse
from localcloud.hetzner.knobs import ActionFault, Fault
from localcloud.hetzner.machines import MachineError
from localcloud.supabase.control import listed
from localcloud.supabase.errors import SupabaseError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud
    from localcloud.supabase.projects import Projects


class FaultBody(ClosedBody):
    """POST /faults; see `knobs.Fault`."""

    method: str = "*"
    path: str
    status: int | None = None
    code: str = "server_error"
    message: str = "injected fault"
    delay: float = 0.0
    times: int = Field(1, ge=1)


class ActionFaultBody(ClosedBody):
    """POST /action_faults; see `knobs.ActionFault`."""

    command: str
    code: str = "action_failed"
    message: str = "injected fault"
    times: int = Field(1, ge=1)


class DiskBody(ClosedBody):
    """POST /servers/{name or id}/disk."""

    mebibytes: int = Field(ge=64)


class KnobsBody(ClosedBody):
    """PATCH /knobs; what is not named stays."""

    timing: Literal["instant", "realistic"] | None = None
    action_seconds: float | None = Field(None, ge=0)
    rate_limit: bool | None = None
    tokens: list[str] | None = None
    clock_offset: float | None = None
    sold_out: dict[str, list[str]] | None = None
    storage_boxes: Literal["none", "refused", "login", "full", "dropped"] | None = None
    delegated: bool | None = None
    dns: Literal["answers", "silent"] | None = None


async def status(request: Request) -> Response:
    """GET /status: the instance, its servers and zones."""
    cloud = cloud_of(request)
    return Answer(
        {
            "name": cloud.instance.name,
            "home": str(cloud.instance.home),
            "endpoint": cloud.instance.endpoint,
            "dns_port": cloud.instance.dns_port,
            "servers": [_server(cloud, server.id) for server in cloud.servers.all()],
            "zones": [zone.name for zone in cloud.zones.all()],
            "projects": listed(supabase) if (supabase := _supabase(request)) else [],
            "knobs": _knobs(cloud),
        }
    )


async def get_knobs(request: Request) -> Response:
    """GET /knobs."""
    return Answer(_knobs(cloud_of(request)))


async def patch_knobs(request: Request) -> Response:
    """PATCH /knobs."""
    cloud = cloud_of(request)
    body = await parse(request, KnobsBody)
    for name in body.model_fields_set - {"clock_offset"}:
        setattr(cloud.knobs, name, getattr(body, name))
    if body.clock_offset is not None:
        cloud.clock.offset = body.clock_offset
    if body.storage_boxes is not None:
        await cloud.storage_boxes.apply_all()
    return Answer(_knobs(cloud))


async def add_fault(request: Request) -> Response:
    """POST /faults."""
    body = await parse(request, FaultBody)
    cloud_of(request).knobs.faults.append(Fault(**body.model_dump()))
    return no_content()


async def add_action_fault(request: Request) -> Response:
    """POST /action_faults."""
    body = await parse(request, ActionFaultBody)
    cloud_of(request).knobs.action_faults.append(ActionFault(**body.model_dump()))
    return no_content()


async def clear_faults(request: Request) -> Response:
    """DELETE /faults: both kinds."""
    knobs = cloud_of(request).knobs
    knobs.faults.clear()
    knobs.action_faults.clear()
    return no_content()


async def get_calls(request: Request) -> Response:
    """GET /calls: the requests so far, oldest first."""
    return Answer({"calls": [asdict(call) for call in cloud_of(request).knobs.calls]})


async def clear_calls(request: Request) -> Response:
    """DELETE /calls."""
    cloud_of(request).knobs.calls.clear()
    return no_content()


async def reset(request: Request) -> Response:
    """POST /reset: no server, nothing remembered, the first database as it was."""
    supabase = _supabase(request)
    if supabase:
        await supabase.remove_all()
    await cloud_of(request).reset()
    if supabase:
        await supabase.start()
    return no_content()


async def freeze(request: Request) -> Response:
    """POST /servers/{name or id}/freeze: it hangs; only cutting its power helps."""
    cloud = cloud_of(request)
    await cloud.in_thread(cloud.machines.freeze, _number(request))
    return no_content()


async def disk(request: Request) -> Response:
    """POST /servers/{name or id}/disk: from now on it has so much disk, and no more."""
    cloud = cloud_of(request)
    body = await parse(request, DiskBody)
    try:
        await cloud.in_thread(cloud.machines.limit_disk, _number(request), body.mebibytes)
    except MachineError as error:
        raise ServerError(str(error)) from None
    return no_content()


def _number(request: Request) -> int:
    key = request.path_params["key"]
    for server in cloud_of(request).servers.all():
        if key in {server.name, str(server.id)}:
            return server.id
    raise NotFoundError(f"there is no server {key!r}")


def _supabase(request: Request) -> Projects | None:
    found: Projects | None = request.app.state.supabase
    return found


def _server(cloud: Cloud, number: int) -> JSON:
    server = cloud.servers.get(number)
    address = cloud.servers.address(server, "ipv4")
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "type": server.server_type,
        "location": server.location,
        "ipv4": address.ip if address else None,
    }


def _knobs(cloud: Cloud) -> JSON:
    knobs = cloud.knobs
    return {
        "timing": knobs.timing,
        "action_seconds": knobs.action_seconds,
        "rate_limit": knobs.rate_limit,
        "tokens": knobs.tokens,
        "clock_offset": cloud.clock.offset,
        "sold_out": knobs.sold_out,
        "storage_boxes": knobs.storage_boxes,
        "delegated": knobs.delegated,
        "dns": knobs.dns,
        "faults": [asdict(fault) for fault in knobs.faults],
        "action_faults": [asdict(fault) for fault in knobs.action_faults],
    }


def _answering(
    handler: Callable[[Request], Awaitable[Response]],
) -> Callable[[Request], Awaitable[Response]]:
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ApiError as error:
            return Answer(error.envelope(), error.status)
        except SupabaseError as error:
            raised = ServerError(str(error))
            return Answer(raised.envelope(), raised.status)

    return answer


ROUTES = [
    Route(path, _answering(handler), methods=[method])
    for method, path, handler in (
        ("GET", "/status", status),
        ("GET", "/knobs", get_knobs),
        ("PATCH", "/knobs", patch_knobs),
        ("POST", "/faults", add_fault),
        ("DELETE", "/faults", clear_faults),
        ("POST", "/action_faults", add_action_fault),
        ("GET", "/calls", get_calls),
        ("DELETE", "/calls", clear_calls),
        ("POST", "/reset", reset),
        ("POST", "/servers/{key}/freeze", freeze),
        ("POST", "/servers/{key}/disk", disk),
    )
]

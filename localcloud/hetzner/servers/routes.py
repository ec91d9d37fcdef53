"""Servers over HTTP: the things themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.http import Answer, cloud_of, created, parse, path_id
from localcloud.hetzner.listing import among, answer_list, ordered, wanted
from localcloud.hetzner.metrics import SERVER_SERIES, answer
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.servers import action_routes
from localcloud.hetzner.servers.creation import check_hostname
from localcloud.hetzner.servers.requests import Create, Update
from localcloud.hetzner.servers.shapes import shape

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.servers.models import Server


async def list_all(request: Request) -> Response:
    """GET /servers."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.servers.all())
    found = among(request, "status", found, lambda server: server.status)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "servers", [shape(server, cloud) for server in ranked])


async def create(request: Request) -> Response:
    """POST /servers."""
    cloud = cloud_of(request)
    result = await cloud.creation.create(await parse(request, Create))
    return created(
        {
            "server": shape(result.server, cloud),
            "action": shape_action(result.action),
            "next_actions": [shape_action(action) for action in result.next_actions],
            "root_password": result.root_password,
        }
    )


async def get(request: Request) -> Response:
    """GET /servers/{id}."""
    return Answer({"server": shape(_server(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /servers/{id}; new labels may bring other firewalls."""
    cloud = cloud_of(request)
    server = _server(request)
    body = await parse(request, Update)
    if body.name is not None:
        check_hostname(body.name)
    before = cloud.firewalls.inbound(server)
    changed = cloud.servers.rename(server, body.name, body.labels)
    if cloud.firewalls.inbound(changed) != before:
        await cloud.firewalls.enforce(changed.id)
    return Answer({"server": shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /servers/{id}."""
    action = await cloud_of(request).creation.delete(_server(request))
    return Answer({"action": shape_action(action)})


async def metrics(request: Request) -> Response:
    """GET /servers/{id}/metrics."""
    return answer(request, SERVER_SERIES, on=_server(request).status == "running")


def _server(request: Request) -> Server:
    return cloud_of(request).servers.get(path_id(request))


ROUTES = [
    *routes_for("servers", "server", lambda request: _server(request).id),
    *noun_routes("servers", list_all, get, create=create, update=update, delete=delete),
    Route("/servers/{id:int}/metrics", metrics, methods=["GET"]),
    *action_routes.ROUTES,
]

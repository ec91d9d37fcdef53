"""Load balancers over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.http import Answer, cloud_of, created, parse, path_id
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.load_balancers import action_routes
from localcloud.hetzner.load_balancers.creation import new_balancer
from localcloud.hetzner.load_balancers.requests import Create, Update
from localcloud.hetzner.load_balancers.shapes import shape
from localcloud.hetzner.metrics import BALANCER_SERIES, answer
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.load_balancers.models import LoadBalancer


async def list_all(request: Request) -> Response:
    """GET /load_balancers."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.load_balancers.all())
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "load_balancers", [await shape(one, cloud) for one in ranked])


async def create(request: Request) -> Response:
    """POST /load_balancers."""
    cloud = cloud_of(request)
    balancer = new_balancer(cloud, await parse(request, Create))

    async def work() -> None:
        await cloud.load_balancers.apply(balancer.id)

    resources = [("load_balancer", balancer.id)]
    action = await cloud.actions.finish("create_load_balancer", resources, work)
    shown = await shape(cloud.load_balancers.get(balancer.id), cloud)
    return created({"load_balancer": shown, "action": shape_action(action)})


async def get(request: Request) -> Response:
    """GET /load_balancers/{id}."""
    return Answer({"load_balancer": await shape(_balancer(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /load_balancers/{id}."""
    cloud = cloud_of(request)
    balancer = _balancer(request)
    body = await parse(request, Update)
    changed = cloud.load_balancers.put(
        replace(
            balancer,
            name=balancer.name if body.name is None else body.name,
            labels=balancer.labels if body.labels is None else body.labels,
        )
    )
    return Answer({"load_balancer": await shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /load_balancers/{id}: answers with an action, like few other deletions."""
    cloud = cloud_of(request)
    balancer = _balancer(request)
    cloud.load_balancers.check_deletable(balancer)
    cloud.load_balancers.check_idle(balancer)

    async def work() -> None:
        await cloud.in_thread(cloud.machines.delete_balancer, balancer.id)
        cloud.load_balancers.forget(balancer.id)

    resources = [("load_balancer", balancer.id)]
    return one_action(await cloud.actions.finish("delete_load_balancer", resources, work))


async def metrics(request: Request) -> Response:
    """GET /load_balancers/{id}/metrics."""
    return answer(request, BALANCER_SERIES, on=bool(_balancer(request).services))


def _balancer(request: Request) -> LoadBalancer:
    return cloud_of(request).load_balancers.get(path_id(request))


ROUTES = [
    *routes_for("load_balancers", "load_balancer", lambda request: _balancer(request).id),
    *noun_routes("load_balancers", list_all, get, create=create, update=update, delete=delete),
    Route("/load_balancers/{id:int}/metrics", metrics, methods=["GET"]),
    *action_routes.ROUTES,
]

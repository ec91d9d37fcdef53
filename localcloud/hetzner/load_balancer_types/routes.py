"""Load balancer types over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.http import JSON, Answer, path_id
from localcloud.hetzner.listing import answer_list, wanted
from localcloud.hetzner.load_balancer_types.models import LOAD_BALANCER_TYPES, LoadBalancerType
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.server_types.models import TEBIBYTE, hourly
from localcloud.hetzner.server_types.routes import money

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def shape(kind: LoadBalancerType) -> JSON:
    """The type as the API shows it."""
    return {
        "id": kind.id,
        "name": kind.name,
        "description": kind.name.upper(),
        "max_connections": kind.max_connections,
        "max_services": kind.max_services,
        "max_targets": kind.max_targets,
        "max_assigned_certificates": kind.max_certificates,
        "deprecated": None,
        "deprecation": None,
        "prices": prices(kind),
    }


def prices(kind: LoadBalancerType) -> list[JSON]:
    """The prices of a type in every location."""
    return [
        {
            "location": location.name,
            "price_hourly": money(hourly(kind.price)),
            "price_monthly": money(kind.price),
            "included_traffic": (20 if location.in_europe else 1) * TEBIBYTE,
            "price_per_tb_traffic": money("1.00"),
        }
        for location in LOCATIONS
    ]


async def list_all(request: Request) -> Response:
    """GET /load_balancer_types."""
    found = wanted(request, LOAD_BALANCER_TYPES, labels=False)
    return answer_list(request, "load_balancer_types", [shape(kind) for kind in found])


async def get(request: Request) -> Response:
    """GET /load_balancer_types/{id}."""
    kind = find(LOAD_BALANCER_TYPES, path_id(request))
    if kind is None:
        raise NotFoundError.thing("load balancer type", path_id(request))
    return Answer({"load_balancer_type": shape(kind)})


ROUTES = noun_routes("load_balancer_types", list_all, get)

"""Server types over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from decimal import Decimal
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.http import JSON, Answer, cloud_of, path_id
from localcloud.hetzner.listing import answer_list, wanted
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.server_types.models import (
    SERVER_TYPES,
    TEBIBYTE,
    VAT_RATE,
    Deprecation,
    ServerType,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.locations.models import Location


def shape(server_type: ServerType, cloud: Cloud) -> JSON:
    """The type as the API shows it."""
    deprecation = server_type.deprecation
    return {
        "id": server_type.id,
        "name": server_type.name,
        "description": server_type.description,
        "category": server_type.category,
        "cores": server_type.cores,
        "memory": float(server_type.memory),
        "disk": server_type.disk,
        "storage_type": "local",
        "cpu_type": server_type.cpu_type,
        "architecture": server_type.architecture,
        "included_traffic": 0,  # moved into the prices; clients still read it
        "deprecated": deprecation is not None,
        "deprecation": _deprecation(deprecation),
        "prices": prices(server_type),
        "locations": [_in_location(server_type, one, cloud) for one in server_type.locations],
    }


def prices(server_type: ServerType) -> list[JSON]:
    """The prices of a type in each of its locations."""
    return [
        {
            "location": location.name,
            "price_hourly": money(server_type.hourly_in(location)),
            "price_monthly": money(server_type.monthly_in(location)),
            "included_traffic": (20 if location.in_europe else 1) * TEBIBYTE,
            "price_per_tb_traffic": money("1.00"),
        }
        for location in server_type.locations
    ]


def money(net: Decimal | str) -> JSON:
    """Euros without and with VAT, as strings of ten decimals."""
    amount = Decimal(net)
    return {"net": f"{amount:.10f}", "gross": f"{amount * (1 + VAT_RATE):.10f}"}


def _in_location(server_type: ServerType, location: Location, cloud: Cloud) -> JSON:
    available = server_type.available(location, cloud.clock, cloud.knobs)
    deprecation = server_type.deprecation_in(location)
    return {
        "id": location.id,
        "name": location.name,
        "deprecation": _deprecation(deprecation),
        "available": available,
        "recommended": available and deprecation is None,
    }


def _deprecation(deprecation: Deprecation | None) -> JSON | None:
    return asdict(deprecation) if deprecation else None


async def list_all(request: Request) -> Response:
    """GET /server_types: those that are still sold somewhere."""
    cloud = cloud_of(request)
    sold = [one for one in SERVER_TYPES if one.listed(cloud.clock)]
    found = sorted(wanted(request, sold, labels=False), key=lambda one: one.id)
    return answer_list(request, "server_types", [shape(one, cloud) for one in found])


async def get(request: Request) -> Response:
    """GET /server_types/{id}: also those no list shows any more."""
    server_type = find(SERVER_TYPES, path_id(request))
    if server_type is None:
        raise NotFoundError.thing("server type", path_id(request))
    return Answer({"server_type": shape(server_type, cloud_of(request))})


ROUTES = noun_routes("server_types", list_all, get)

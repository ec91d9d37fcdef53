"""Locations over HTTP; datacenters, which they replaced, are gone."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import DeprecatedEndpointError, NotFoundError
from localcloud.hetzner.http import JSON, Answer, path_id
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.locations.models import LOCATIONS, Location
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def shape(location: Location) -> JSON:
    """The location as the API shows it."""
    return asdict(location)


async def list_all(request: Request) -> Response:
    """GET /locations."""
    found = ordered(request, wanted(request, LOCATIONS, labels=False), ("id", "name"))
    return answer_list(request, "locations", [shape(location) for location in found])


async def get(request: Request) -> Response:
    """GET /locations/{id}."""
    location = find(LOCATIONS, path_id(request))
    if location is None:
        raise NotFoundError.thing("location", path_id(request))
    return Answer({"location": shape(location)})


async def datacenters(_request: Request) -> Response:
    """GET /datacenters: gone since October 2026."""
    raise DeprecatedEndpointError(
        "datacenters are not available any more: use locations",
        "https://docs.hetzner.cloud/changelog#2025-12-16-phasing-out-datacenters",
    )


ROUTES = [
    *noun_routes("locations", list_all, get),
    Route("/datacenters", datacenters, methods=["GET"]),
    Route("/datacenters/{id:int}", datacenters, methods=["GET"]),
]

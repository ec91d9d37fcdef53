"""ISOs over HTTP: an empty shelf."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.http import path_id
from localcloud.hetzner.listing import answer_list
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


async def list_all(request: Request) -> Response:
    """GET /isos."""
    return answer_list(request, "isos", [])


async def get(request: Request) -> Response:
    """GET /isos/{id}."""
    raise NotFoundError.thing("iso", path_id(request))


ROUTES = noun_routes("isos", list_all, get)

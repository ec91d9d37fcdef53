"""ISOs over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.http import JSON, Answer, path_id
from localcloud.hetzner.isos.models import ISOS, Iso
from localcloud.hetzner.listing import answer_list, wanted
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def shape(iso: Iso) -> JSON:
    """The ISO as the API shows it."""
    return {
        "id": iso.id,
        "name": iso.name,
        "description": iso.description,
        "type": iso.type,
        "architecture": iso.architecture,
        "deprecation": None,
    }


async def list_all(request: Request) -> Response:
    """GET /isos: of one architecture, those for any of them only if asked for."""
    found = wanted(request, ISOS, labels=False)
    kinds = request.query_params.getlist("architecture")
    wildcard = request.query_params.get("include_architecture_wildcard") in {"true", "1"}
    chosen = [
        iso
        for iso in found
        if not kinds or iso.architecture in kinds or (wildcard and iso.architecture is None)
    ]
    return answer_list(request, "isos", [shape(iso) for iso in chosen])


async def get(request: Request) -> Response:
    """GET /isos/{id}."""
    iso = find(ISOS, path_id(request))
    if iso is None:
        raise NotFoundError.thing("iso", path_id(request))
    return Answer({"iso": shape(iso)})


ROUTES = noun_routes("isos", list_all, get)

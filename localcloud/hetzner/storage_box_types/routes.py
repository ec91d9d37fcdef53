"""Storage Box types over HTTP."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import NotFoundError
from localcloud.hetzner.http import JSON, Answer, path_id
from localcloud.hetzner.listing import answer_list, wanted
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.server_types.models import hourly
from localcloud.hetzner.server_types.routes import money
from localcloud.hetzner.storage_box_types.models import PLACES, STORAGE_BOX_TYPES, StorageBoxType

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


def shape(kind: StorageBoxType) -> JSON:
    """The type as the API shows it."""
    return {
        "id": kind.id,
        "name": kind.name,
        "description": kind.name.upper(),
        "snapshot_limit": kind.snapshots,
        "automatic_snapshot_limit": kind.snapshots,
        "subaccounts_limit": 100,
        "size": kind.size,
        "deprecation": None,
        "prices": [_price(kind, place) for place in PLACES],
    }


def _price(kind: StorageBoxType, place: str) -> JSON:
    return {
        "location": place,
        "price_hourly": money(hourly(Decimal(kind.price))),
        "price_monthly": money(kind.price),
        "setup_fee": money("0.00"),
    }


async def list_all(request: Request) -> Response:
    """GET /storage_box_types."""
    found = wanted(request, STORAGE_BOX_TYPES, labels=False)
    return answer_list(request, "storage_box_types", [shape(kind) for kind in found])


async def get(request: Request) -> Response:
    """GET /storage_box_types/{id}."""
    kind = find(STORAGE_BOX_TYPES, path_id(request))
    if kind is None:
        raise NotFoundError.thing("storage box type", path_id(request))
    return Answer({"storage_box_type": shape(kind)})


ROUTES = noun_routes("storage_box_types", list_all, get)

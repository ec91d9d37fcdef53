"""Record sets over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import JSON, Answer, cloud_of, created, parse
from localcloud.hetzner.listing import among, answer_list, wanted
from localcloud.hetzner.zones.records import Record, RRSet
from localcloud.hetzner.zones.requests import (
    AddRecords,
    CreateRRSet,
    SetProtection,
    SetRecords,
    SetTtl,
    UpdateRRSet,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Action, Work
    from localcloud.hetzner.zones.models import Zone

MAX_PER_PAGE = 100


def shape(rrset: RRSet, zone: Zone) -> JSON:
    """The record set as the API shows it."""
    return {
        "id": rrset.id,
        "name": rrset.name,
        "type": rrset.type,
        "ttl": rrset.ttl,
        "labels": rrset.labels,
        "protection": {"change": rrset.change_protection},
        "records": [{"value": one.value, "comment": one.comment or ""} for one in rrset.records],
        "zone": zone.id,
    }


async def list_all(request: Request) -> Response:
    """GET /zones/{zone}/rrsets."""
    zone = _zone(request)
    found = wanted(request, zone.rrsets)
    found = among(request, "type", found, lambda rrset: rrset.type)
    shapes = [shape(rrset, zone) for rrset in _ordered(request, found)]
    return answer_list(request, "rrsets", shapes, max_per_page=MAX_PER_PAGE)


async def create(request: Request) -> Response:
    """POST /zones/{zone}/rrsets."""
    zones = cloud_of(request).zones
    zone = _zone(request)
    rrset = (await parse(request, CreateRRSet)).rrset
    zones.check_new(zone, rrset)
    zones.put(zone.id, rrset)

    async def nothing_left() -> None:
        """The records are there already."""

    action = await _finish(request, zone, "create_rrset", nothing_left)
    return created({"rrset": shape(rrset, zone), "action": shape_action(action)})


async def get(request: Request) -> Response:
    """GET /zones/{zone}/rrsets/{name}/{type}."""
    zone = _zone(request)
    return Answer({"rrset": shape(_rrset(request, zone), zone)})


async def update(request: Request) -> Response:
    """PUT /zones/{zone}/rrsets/{name}/{type}."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    body = await parse(request, UpdateRRSet)
    if body.labels is not None:
        rrset = replace(rrset, labels=body.labels)
        cloud_of(request).zones.put(zone.id, rrset)
    return Answer({"rrset": shape(rrset, zone)})


async def delete(request: Request) -> Response:
    """DELETE /zones/{zone}/rrsets/{name}/{type}."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    return await _drop(request, zone, rrset, "delete_rrset")


async def change_ttl(request: Request) -> Response:
    """POST .../actions/change_ttl."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    body = await parse(request, SetTtl)
    return await _put(request, zone, replace(rrset, ttl=body.ttl), "change_rrset_ttl")


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    zones = cloud_of(request).zones
    zone = _zone(request)
    rrset = _rrset(request, zone)
    body = await parse(request, SetProtection)

    async def work() -> None:
        zones.put(zone.id, replace(rrset, change_protection=body.change))

    return one_action(await _finish(request, zone, "change_rrset_protection", work))


async def set_records(request: Request) -> Response:
    """POST .../actions/set_records: these and no others."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    records = _records(await parse(request, SetRecords))
    return await _put(request, zone, replace(rrset, records=records), "set_rrset_records")


async def add_records(request: Request) -> Response:
    """POST .../actions/add_records: makes the record set where there is none."""
    zone = _zone(request)
    body = await parse(request, AddRecords)
    name, kind = request.path_params["name"], request.path_params["type"]
    rrset = zone.rrset(name, kind) or RRSet(name, kind, (), body.ttl)
    if body.ttl is not None and body.ttl != rrset.ttl:
        raise InvalidInputError.field("ttl", "the record set has another one")
    grown = replace(rrset, records=rrset.records + _records(body))
    return await _put(request, zone, grown, "add_rrset_records")


async def remove_records(request: Request) -> Response:
    """POST .../actions/remove_records: without the last record the record set goes."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    values = {one.value for one in _records(await parse(request, SetRecords))}
    _check_known(rrset, values)
    kept = tuple(one for one in rrset.records if one.value not in values)
    if not kept:
        return await _drop(request, zone, rrset, "remove_rrset_records")
    return await _put(request, zone, replace(rrset, records=kept), "remove_rrset_records")


async def update_records(request: Request) -> Response:
    """POST .../actions/update_records: other comments."""
    zone = _zone(request)
    rrset = _rrset(request, zone)
    new = {one.value: one for one in _records(await parse(request, SetRecords))}
    _check_known(rrset, set(new))
    records = tuple(new.get(one.value, one) for one in rrset.records)
    answer = await _put(request, zone, replace(rrset, records=records), "update_rrset_records")
    answer.status_code = 200  # the odd one out
    return answer


async def _put(request: Request, zone: Zone, rrset: RRSet, command: str) -> Response:
    zones = cloud_of(request).zones
    zones.check_changed(zone, rrset)

    async def work() -> None:
        zones.put(zone.id, rrset)

    return one_action(await _finish(request, zone, command, work))


async def _drop(request: Request, zone: Zone, rrset: RRSet, command: str) -> Response:
    zones = cloud_of(request).zones
    zones.check_changeable(zone, rrset.name, rrset.type)
    if rrset.type == "SOA":
        raise InvalidInputError.field("type", "a zone keeps its SOA record")

    async def work() -> None:
        zones.drop(zone.id, rrset.name, rrset.type)

    return one_action(await _finish(request, zone, command, work))


async def _finish(request: Request, zone: Zone, command: str, work: Work) -> Action:
    return await cloud_of(request).actions.finish(command, [("zone", zone.id)], work)


def _records(body: SetRecords | AddRecords) -> tuple[Record, ...]:
    return tuple(one.record for one in body.records)


def _check_known(rrset: RRSet, values: set[str]) -> None:
    missing = values - {one.value for one in rrset.records}
    if missing:
        raise InvalidInputError.field("records", f"{min(missing)!r} is not in the record set")


def _ordered(request: Request, rrsets: list[RRSet]) -> list[RRSet]:
    """Sorted by name and type, unless `sort` says the reverse."""
    wishes = request.query_params.getlist("sort")
    backwards = bool(wishes) and wishes[0].endswith(":desc")
    return sorted(rrsets, key=lambda rrset: rrset.id, reverse=backwards)


def _zone(request: Request) -> Zone:
    return cloud_of(request).zones.primary(request.path_params["zone"])


def _rrset(request: Request, zone: Zone) -> RRSet:
    return cloud_of(request).zones.rrset(
        zone, request.path_params["name"], request.path_params["type"]
    )


_ALL = "/zones/{zone}/rrsets"
_ONE = f"{_ALL}/{{name}}/{{type}}"
ROUTES = [
    Route(_ALL, list_all, methods=["GET"]),
    Route(_ALL, create, methods=["POST"]),
    Route(_ONE, get, methods=["GET"]),
    Route(_ONE, update, methods=["PUT"]),
    Route(_ONE, delete, methods=["DELETE"]),
    *[
        Route(f"{_ONE}/actions/{handler.__name__}", handler, methods=["POST"])
        for handler in (
            change_ttl,
            change_protection,
            set_records,
            add_records,
            remove_records,
            update_records,
        )
    ],
]

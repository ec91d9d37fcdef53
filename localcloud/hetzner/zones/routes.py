"""Zones over HTTP; their record sets are in `rrset_routes`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.http import JSON, Answer, cloud_of, created, parse
from localcloud.hetzner.listing import among, answer_list, ordered, wanted
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.zones import rrset_routes
from localcloud.hetzner.zones.errors import IncorrectZoneModeError
from localcloud.hetzner.zones.models import NAMESERVERS, Zone
from localcloud.hetzner.zones.records import check_together, parse_zonefile, zonefile
from localcloud.hetzner.zones.requests import (
    Create,
    PrimaryNameservers,
    Update,
    ZoneFile,
    ZoneProtection,
    ZoneTtl,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Work


def shape(zone: Zone) -> JSON:
    """The zone as the API shows it; nobody registered it, so nothing is delegated."""
    return {
        "id": zone.id,
        "name": zone.name,
        "created": zone.created,
        "ttl": zone.ttl,
        "mode": zone.mode,
        "status": "ok",
        "registrar": "other",
        "record_count": sum(len(rrset.records) for rrset in zone.rrsets),
        "primary_nameservers": list(zone.primary_nameservers),
        "authoritative_nameservers": {
            "assigned": list(NAMESERVERS),
            "delegated": [],
            "delegation_last_check": None,
            "delegation_status": "unknown",
        },
        "protection": {"delete": zone.delete_protection},
        "labels": zone.labels,
    }


async def list_all(request: Request) -> Response:
    """GET /zones."""
    found = wanted(request, cloud_of(request).zones.all())
    found = among(request, "mode", found, lambda zone: zone.mode)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "zones", [shape(zone) for zone in ranked])


async def create(request: Request) -> Response:
    """POST /zones."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    sets = parse_zonefile(body.zonefile, body.name, body.ttl) if body.zonefile else ()
    zone = cloud.zones.create(
        Zone(
            id=cloud.state.next_id(),
            name=body.name,
            created=cloud.clock.stamp(),
            ttl=body.ttl,
            mode=body.mode,
            rrsets=sets + tuple(one.rrset for one in body.rrsets or ()),
            primary_nameservers=body.primary_nameservers,
            labels=body.labels,
        )
    )

    async def nothing_left() -> None:
        """The records are there already."""

    action = await cloud.actions.finish("create_zone", [("zone", zone.id)], nothing_left)
    return created({"zone": shape(zone), "action": shape_action(action)})


async def get(request: Request) -> Response:
    """GET /zones/{zone}."""
    return Answer({"zone": shape(_zone(request))})


async def update(request: Request) -> Response:
    """PUT /zones/{zone}."""
    zone = _zone(request)
    body = await parse(request, Update)
    if body.labels is not None:
        zone = cloud_of(request).zones.change(zone.id, labels=body.labels)
    return Answer({"zone": shape(zone)})


async def delete(request: Request) -> Response:
    """DELETE /zones/{zone}."""
    zones = cloud_of(request).zones
    zone = _zone(request)
    zones.check_deletable(zone)

    async def work() -> None:
        zones.delete(zone.id)

    return await _act(request, zone, "delete_zone", work)


async def get_zonefile(request: Request) -> Response:
    """GET /zones/{zone}/zonefile."""
    zone = cloud_of(request).zones.primary(request.path_params["zone"])
    return Answer({"zonefile": zonefile(zone.name, zone.ttl, zone.rrsets)})


async def import_zonefile(request: Request) -> Response:
    """POST /zones/{zone}/actions/import_zonefile."""
    zones = cloud_of(request).zones
    zone = zones.primary(request.path_params["zone"])
    sets = parse_zonefile((await parse(request, ZoneFile)).zonefile, zone.name, zone.ttl)
    check_together(sets)
    for rrset in zone.rrsets:
        zones.check_changeable(zone, rrset.name, rrset.type)

    async def work() -> None:
        zones.replace_all(zone.id, sets)

    return await _act(request, zone, "import_zonefile", work)


async def change_ttl(request: Request) -> Response:
    """POST /zones/{zone}/actions/change_ttl."""
    zones = cloud_of(request).zones
    zone = zones.primary(request.path_params["zone"])
    body = await parse(request, ZoneTtl)

    async def work() -> None:
        zones.change(zone.id, ttl=body.ttl)

    return await _act(request, zone, "change_ttl", work)


async def change_protection(request: Request) -> Response:
    """POST /zones/{zone}/actions/change_protection."""
    zones = cloud_of(request).zones
    zone = _zone(request)
    body = await parse(request, ZoneProtection)

    async def work() -> None:
        zones.change(zone.id, delete_protection=body.delete)

    return await _act(request, zone, "change_protection", work)


async def change_primary_nameservers(request: Request) -> Response:
    """POST /zones/{zone}/actions/change_primary_nameservers."""
    zones = cloud_of(request).zones
    zone = _zone(request)
    if zone.mode != "secondary":
        raise IncorrectZoneModeError("the zone is a primary one")
    body = await parse(request, PrimaryNameservers)

    async def work() -> None:
        zones.change(zone.id, primary_nameservers=body.primary_nameservers)

    return await _act(request, zone, "change_primary_nameservers", work)


async def _act(request: Request, zone: Zone, command: str, work: Work) -> Response:
    return one_action(await cloud_of(request).actions.finish(command, [("zone", zone.id)], work))


def _zone(request: Request) -> Zone:
    return cloud_of(request).zones.get(request.path_params["zone"])


ROUTES = [
    *routes_for("zones", "zone", lambda request: _zone(request).id, "{zone}"),
    *noun_routes(
        "zones",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(import_zonefile, change_ttl, change_protection, change_primary_nameservers),
        parameter="{zone}",
    ),
    Route("/zones/{zone}/zonefile", get_zonefile, methods=["GET"]),
    *rrset_routes.ROUTES,
]

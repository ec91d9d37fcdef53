"""Primary IPs over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import (
    JSON,
    Answer,
    Body,
    ClosedBody,
    IdOrName,
    Labels,
    cloud_of,
    created,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import answer_list, ordered, wanted, with_ip
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.locations.routes import shape as shape_location
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.primary_ips.models import PrimaryIp


class Create(ClosedBody):
    """POST /primary_ips."""

    name: str = Field(min_length=1)
    type: Literal["ipv4", "ipv6"]
    location: IdOrName | None = None
    assignee_type: Literal["server", "unassigned"] | None = None
    assignee_id: int | None = None
    auto_delete: bool = False
    labels: Labels = Field(default_factory=dict)


class Update(ClosedBody):
    """PUT /primary_ips/{id}."""

    name: str | None = Field(None, min_length=1)
    auto_delete: bool | None = None
    labels: Labels | None = None


class Assign(ClosedBody):
    """POST /primary_ips/{id}/actions/assign."""

    assignee_type: Literal["server"]
    assignee_id: int


class PointerChange(Body):
    """POST .../actions/change_dns_ptr, of addresses and of servers."""

    ip: str
    dns_ptr: str | None = None


class Protection(Body):
    """POST /primary_ips/{id}/actions/change_protection."""

    delete: bool


def shape(address: PrimaryIp) -> JSON:
    """The address as the API shows it."""
    location = find(LOCATIONS, address.location)
    return {
        "id": address.id,
        "name": address.name,
        "type": address.type,
        "ip": address.ip,
        "assignee_id": address.assignee_id,
        "assignee_type": "unassigned" if address.assignee_id is None else address.assignee_type,
        "auto_delete": address.auto_delete,
        "blocked": False,
        "created": address.created,
        "dns_ptr": [{"ip": one.ip, "dns_ptr": one.dns_ptr} for one in address.pointers],
        "labels": address.labels,
        "location": shape_location(location) if location else None,
        "protection": {"delete": address.delete_protection},
    }


async def list_all(request: Request) -> Response:
    """GET /primary_ips."""
    found = wanted(request, cloud_of(request).primary_ips.all())
    found = with_ip(request, found)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "primary_ips", [shape(address) for address in ranked])


async def create(request: Request) -> Response:
    """POST /primary_ips: for a server, or for a location to be used later."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    location = _location(request, body)
    if body.assignee_id is not None:
        cloud.actions.check_unlocked(body.assignee_id)
        cloud.primary_ips.check_assignable(
            body.type, location, cloud.servers.require(body.assignee_id, "assignee_id")
        )
    address = cloud.primary_ips.create(
        body.type,
        location,
        name=body.name,
        auto_delete=body.auto_delete,
        labels=body.labels,
    )
    if body.assignee_id is None:
        return created({"primary_ip": shape(address)})
    action = await cloud.servers.assign_address(address, body.assignee_id)
    shown = shape(cloud.primary_ips.get(address.id))
    return created({"primary_ip": shown, "action": shape_action(action)})


def _location(request: Request, body: Create) -> str:
    if body.location is not None:
        return require(LOCATIONS, body.location, "location").name
    if body.assignee_id is not None:
        return cloud_of(request).servers.require(body.assignee_id, "assignee_id").location
    raise InvalidInputError.field("location", "either location or assignee_id is needed")


async def get(request: Request) -> Response:
    """GET /primary_ips/{id}."""
    return Answer({"primary_ip": shape(_address(request))})


async def update(request: Request) -> Response:
    """PUT /primary_ips/{id}."""
    address = _address(request)
    body = await parse(request, Update)
    changed = cloud_of(request).primary_ips.update(
        address, body.name, body.auto_delete, body.labels
    )
    return Answer({"primary_ip": shape(changed)})


async def delete(request: Request) -> Response:
    """DELETE /primary_ips/{id}."""
    addresses = cloud_of(request).primary_ips
    address = _address(request)
    addresses.check_deletable(address)
    addresses.delete(address)
    return no_content()


async def assign(request: Request) -> Response:
    """POST /primary_ips/{id}/actions/assign."""
    cloud = cloud_of(request)
    address = _address(request)
    body = await parse(request, Assign)
    server = cloud.servers.require(body.assignee_id, "assignee_id")
    cloud.primary_ips.check_unassigned(address)
    cloud.primary_ips.check_assignable(address.type, address.location, server)
    return one_action(await cloud.servers.assign_address(address, server.id))


async def unassign(request: Request) -> Response:
    """POST /primary_ips/{id}/actions/unassign."""
    cloud = cloud_of(request)
    return one_action(await cloud.servers.unassign_address(_address(request)))


async def change_dns_ptr(request: Request) -> Response:
    """POST /primary_ips/{id}/actions/change_dns_ptr."""
    cloud = cloud_of(request)
    address = _address(request)
    body = await parse(request, PointerChange)
    cloud.primary_ips.check_pointer(address, body.ip)

    async def work() -> None:
        cloud.primary_ips.point(address.id, body.ip, body.dns_ptr)

    resources = [("primary_ip", address.id)]
    return one_action(await cloud.actions.finish("change_dns_ptr", resources, work))


async def change_protection(request: Request) -> Response:
    """POST /primary_ips/{id}/actions/change_protection."""
    cloud = cloud_of(request)
    address = _address(request)
    body = await parse(request, Protection)
    cloud.primary_ips.check_protectable(address, body.delete)

    async def work() -> None:
        cloud.primary_ips.protect(address.id, body.delete)

    resources = [("primary_ip", address.id)]
    return one_action(await cloud.actions.finish("change_protection", resources, work))


def _address(request: Request) -> PrimaryIp:
    return cloud_of(request).primary_ips.get(path_id(request))


ROUTES = [
    *routes_for("primary_ips", "primary_ip", lambda request: _address(request).id),
    *noun_routes(
        "primary_ips",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(assign, unassign, change_dns_ptr, change_protection),
    ),
]

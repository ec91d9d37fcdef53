"""Floating IPs over HTTP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.addresses import default_pointer, is_inside
from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.floating_ips.models import FloatingIp
from localcloud.hetzner.http import (
    JSON,
    Answer,
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
from localcloud.hetzner.primary_ips.routes import PointerChange, Protection

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud


class Create(ClosedBody):
    """POST /floating_ips."""

    type: Literal["ipv4", "ipv6"]
    server: int | None = None
    home_location: IdOrName | None = None
    name: str | None = Field(None, min_length=1)
    description: str | None = None
    labels: Labels = Field(default_factory=dict)


class Update(ClosedBody):
    """PUT /floating_ips/{id}."""

    name: str | None = Field(None, min_length=1)
    description: str | None = None
    labels: Labels | None = None


class Assign(ClosedBody):
    """POST /floating_ips/{id}/actions/assign."""

    server: int


def shape(address: FloatingIp) -> JSON:
    """The address as the API shows it."""
    location = find(LOCATIONS, address.home_location)
    return {
        "id": address.id,
        "name": address.name,
        "description": address.description,
        "type": address.type,
        "ip": address.ip,
        "server": address.server,
        "dns_ptr": [{"ip": ip, "dns_ptr": name} for ip, name in address.pointers.items()],
        "home_location": shape_location(location) if location else None,
        "blocked": False,
        "protection": {"delete": address.delete_protection},
        "labels": address.labels,
        "created": address.created,
    }


async def list_all(request: Request) -> Response:
    """GET /floating_ips."""
    found = with_ip(request, wanted(request, cloud_of(request).floating_ips.all()))
    ranked = ordered(request, found, ("id", "created"))
    return answer_list(request, "floating_ips", [shape(address) for address in ranked])


async def create(request: Request) -> Response:
    """POST /floating_ips: for a server, or with a home of its own."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    home = _home(cloud, body)
    number = cloud.state.next_id()
    address = cloud.floating_ips.create(
        FloatingIp(
            id=number,
            name=body.name or f"floating-ip-{number}",
            type=body.type,
            ip="",
            home_location=home,
            created=cloud.clock.stamp(),
            description=body.description,
            labels=body.labels,
        )
    )
    if body.server is None:
        return created({"floating_ip": shape(address)})
    action = await _give(cloud, address, body.server)
    shown = shape(cloud.floating_ips.get(number))
    return created({"floating_ip": shown, "action": shape_action(action)})


def _home(cloud: Cloud, body: Create) -> str:
    if body.home_location is not None:
        return require(LOCATIONS, body.home_location, "home_location").name
    if body.server is None:
        raise InvalidInputError.field("home_location", "is needed, or a server")
    return cloud.servers.require(body.server, "server").location


async def get(request: Request) -> Response:
    """GET /floating_ips/{id}."""
    return Answer({"floating_ip": shape(_address(request))})


async def update(request: Request) -> Response:
    """PUT /floating_ips/{id}."""
    address = _address(request)
    body = await parse(request, Update)
    wishes = body.model_dump(exclude_none=True)
    changed = cloud_of(request).floating_ips.put(replace(address, **wishes))
    return Answer({"floating_ip": shape(changed)})


async def delete(request: Request) -> Response:
    """DELETE /floating_ips/{id}."""
    cloud_of(request).floating_ips.delete(_address(request))
    return no_content()


async def assign(request: Request) -> Response:
    """POST .../actions/assign."""
    cloud, address = cloud_of(request), _address(request)
    server = cloud.servers.require((await parse(request, Assign)).server, "server")
    cloud.floating_ips.check_free(address, server.id)
    return one_action(await _give(cloud, address, server.id))


async def unassign(request: Request) -> Response:
    """POST .../actions/unassign."""
    cloud, address = cloud_of(request), _address(request)

    async def work() -> None:
        cloud.floating_ips.change(address.id, server=None)

    resources = [("floating_ip", address.id)]
    if address.server is not None:
        resources.append(("server", address.server))
    return one_action(
        await cloud.actions.finish("unassign_floating_ip", resources, work, locks=False)
    )


async def change_dns_ptr(request: Request) -> Response:
    """POST .../actions/change_dns_ptr."""
    address = _address(request)
    body = await parse(request, PointerChange)
    if not is_inside(body.ip, address.ip):
        raise InvalidInputError.field("ip", f"{body.ip!r} does not belong to the floating IP")
    name = body.dns_ptr
    if name is None and address.type == "ipv4":
        name = default_pointer(body.ip)
    kept = {ip: known for ip, known in address.pointers.items() if ip != body.ip}
    pointers = kept if name is None else kept | {body.ip: name}
    return await _change(request, "change_dns_ptr", pointers=pointers)


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    body = await parse(request, Protection)
    return await _change(request, "change_protection", delete_protection=body.delete)


async def _change(request: Request, command: str, **fields: object) -> Response:
    cloud, address = cloud_of(request), _address(request)

    async def work() -> None:
        cloud.floating_ips.change(address.id, **fields)

    resources = [("floating_ip", address.id)]
    return one_action(await cloud.actions.finish(command, resources, work))


async def _give(cloud: Cloud, address: FloatingIp, server_id: int) -> Action:
    async def work() -> None:
        cloud.floating_ips.change(address.id, server=server_id)

    resources = [("floating_ip", address.id), ("server", server_id)]
    return await cloud.actions.finish("assign_floating_ip", resources, work, locks=False)


def _address(request: Request) -> FloatingIp:
    return cloud_of(request).floating_ips.get(path_id(request))


ROUTES = [
    *routes_for("floating_ips", "floating_ip", lambda request: _address(request).id),
    *noun_routes(
        "floating_ips",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(assign, unassign, change_dns_ptr, change_protection),
    ),
]

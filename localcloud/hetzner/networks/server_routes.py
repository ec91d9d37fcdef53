"""What servers do about networks, over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action
from localcloud.hetzner.catalogue import require
from localcloud.hetzner.http import cloud_of, parse, path_id
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.machines import MachineError
from localcloud.hetzner.networks.members import SERVER
from localcloud.hetzner.networks.requests import Aliases, Attach, Detach

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.servers.models import Server


async def attach_to_network(request: Request) -> Response:
    """POST /servers/{id}/actions/attach_to_network."""
    cloud, server = cloud_of(request), _server(request)
    body = await parse(request, Attach)
    network = cloud.networks.require(body.network)
    cloud.busy.check(f"networks/{network.id}")
    cloud.members.check_attachable(server, network)
    cloud.actions.check_unlocked(server.id)
    zone = require(LOCATIONS, server.location, "location").network_zone
    member = cloud.members.join(
        network,
        SERVER,
        server.id,
        zone,
        ip=body.ip,
        aliases=body.alias_ips or (),
        ip_range=body.ip_range,
    )

    async def work() -> None:
        try:
            await cloud.members.connect(member)
        except MachineError:
            cloud.members.leave(member)
            raise

    return one_action(await cloud.members.act("attach_to_network", member, work))


async def detach_from_network(request: Request) -> Response:
    """POST /servers/{id}/actions/detach_from_network."""
    cloud, server = cloud_of(request), _server(request)
    body = await parse(request, Detach)
    member = cloud.members.need(SERVER, server.id, body.network)

    async def work() -> None:
        await cloud.members.disconnect(member)

    return one_action(await cloud.members.act("detach_from_network", member, work))


async def change_alias_ips(request: Request) -> Response:
    """POST /servers/{id}/actions/change_alias_ips."""
    cloud, server = cloud_of(request), _server(request)
    body = await parse(request, Aliases)
    member = cloud.members.need(SERVER, server.id, body.network)
    aliases = cloud.members.check_aliases(member, body.alias_ips)

    async def work() -> None:
        await cloud.members.connect(cloud.members.alias(member, aliases))

    return one_action(await cloud.members.act("change_alias_ips", member, work))


def _server(request: Request) -> Server:
    return cloud_of(request).servers.get(path_id(request))


ROUTES = [
    Route(f"/servers/{{id:int}}/actions/{handler.__name__}", handler, methods=["POST"])
    for handler in (attach_to_network, detach_from_network, change_alias_ips)
]

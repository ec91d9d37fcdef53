"""Networks over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.http import (
    JSON,
    Answer,
    cloud_of,
    created,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.networks import ranges
from localcloud.hetzner.networks.members import BALANCER, SERVER
from localcloud.hetzner.networks.models import Network, NetworkRoute, Subnet
from localcloud.hetzner.networks.requests import (
    Create,
    Protection,
    Range,
    RouteBody,
    SubnetBody,
    Update,
)
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.networks.members import Member


def shape(network: Network, cloud: Cloud) -> JSON:
    """The network as the API shows it."""
    members = cloud.members.inside(network.id)
    return {
        "id": network.id,
        "name": network.name,
        "ip_range": network.ip_range,
        "created": network.created,
        "subnets": [_subnet(one, network) for one in network.subnets],
        "routes": [
            {"destination": one.destination, "gateway": one.gateway} for one in network.routes
        ],
        "servers": [one.member for one in members if one.type == SERVER],
        "load_balancers": [one.member for one in members if one.type == BALANCER],
        "expose_routes_to_vswitch": network.expose_routes_to_vswitch,
        "protection": {"delete": network.delete_protection},
        "labels": network.labels,
    }


def _subnet(subnet: Subnet, network: Network) -> JSON:
    return {
        "type": subnet.type,
        "ip_range": subnet.ip_range,
        "network_zone": subnet.network_zone,
        "gateway": str(ranges.gateway(network.range)),
        "vswitch_id": subnet.vswitch_id,
    }


async def list_all(request: Request) -> Response:
    """GET /networks."""
    cloud = cloud_of(request)
    ranked = ordered(request, wanted(request, cloud.networks.all()), ("id", "name", "created"))
    return answer_list(request, "networks", [shape(network, cloud) for network in ranked])


async def create(request: Request) -> Response:
    """POST /networks: done at once, without an action."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    network = Network(
        id=cloud.state.next_id(),
        name=body.name,
        ip_range=str(ranges.network_range(body.ip_range)),
        created=cloud.clock.stamp(),
        expose_routes_to_vswitch=body.expose_routes_to_vswitch,
        labels=body.labels or {},
    )
    for subnet in body.subnets or []:
        network = _with_subnet(cloud, network, subnet)
    for route in body.routes or []:
        network = cloud.networks.with_route(network, _route(route))
    return created({"network": shape(cloud.networks.create(network), cloud)})


async def get(request: Request) -> Response:
    """GET /networks/{id}."""
    return Answer({"network": shape(_network(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /networks/{id}."""
    cloud = cloud_of(request)
    network = _network(request)
    body = await parse(request, Update)
    changed = cloud.networks.update(network, body.name, body.labels, body.expose_routes_to_vswitch)
    return Answer({"network": shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /networks/{id}: members are detached."""
    cloud = cloud_of(request)
    network = _network(request)
    cloud.networks.check_deletable(network)
    for member in cloud.members.inside(network.id):
        await cloud.members.disconnect(member)
    cloud.networks.forget(network.id)
    cloud.actions.aside(lambda: cloud.in_thread(cloud.machines.drop_network, network.id))
    return no_content()


async def list_members(request: Request) -> Response:
    """GET /networks/{id}/members."""
    network = _network(request)
    members = cloud_of(request).members.inside(network.id)
    return answer_list(request, "members", [_member(one, network) for one in members])


async def add_subnet(request: Request) -> Response:
    """POST .../actions/add_subnet."""
    network = _network(request)
    body = await parse(request, SubnetBody)
    changed = _with_subnet(cloud_of(request), network, body)
    return await _act(request, "add_subnet", network, subnets=changed.subnets)


async def delete_subnet(request: Request) -> Response:
    """POST .../actions/delete_subnet."""
    network = _network(request)
    body = await parse(request, Range)
    changed = cloud_of(request).networks.without_subnet(network, body.ip_range)
    return await _act(request, "delete_subnet", network, subnets=changed.subnets)


async def add_route(request: Request) -> Response:
    """POST .../actions/add_route."""
    network = _network(request)
    body = await parse(request, RouteBody)
    changed = cloud_of(request).networks.with_route(network, _route(body))
    return await _act(request, "add_route", network, routes=changed.routes)


async def delete_route(request: Request) -> Response:
    """POST .../actions/delete_route."""
    network = _network(request)
    body = await parse(request, RouteBody)
    changed = cloud_of(request).networks.without_route(network, _route(body))
    return await _act(request, "delete_route", network, routes=changed.routes)


async def change_ip_range(request: Request) -> Response:
    """POST .../actions/change_ip_range."""
    network = _network(request)
    body = await parse(request, Range)
    changed = cloud_of(request).networks.extended(network, body.ip_range)
    return await _act(request, "change_ip_range", network, ip_range=changed.ip_range)


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    network = _network(request)
    body = await parse(request, Protection)
    wished = network.delete_protection if body.delete is None else body.delete
    return await _act(request, "change_protection", network, delete_protection=wished)


async def _act(request: Request, command: str, network: Network, **fields: object) -> Response:
    """An action that changes the books, and then the members' interfaces and routes."""
    cloud = cloud_of(request)

    async def work() -> None:
        cloud.networks.change(network.id, **fields)
        await cloud.members.reconnect(network.id)

    action: Action = await cloud.actions.finish(command, [("network", network.id)], work)
    return one_action(action)


def _with_subnet(cloud: Cloud, network: Network, body: SubnetBody) -> Network:
    return cloud.networks.with_subnet(
        network, body.ip_range, body.type, body.network_zone, body.vswitch_id
    )


def _route(body: RouteBody) -> NetworkRoute:
    return NetworkRoute(body.destination, body.gateway)


def _member(member: Member, network: Network) -> JSON:
    address = ranges.parse_address(member.ip, "ip")
    subnet = next((one.ip_range for one in network.subnets if address in one.range), "")
    return {
        "type": member.type,
        "id": member.member,
        "ip": member.ip,
        "status": "ready",
        "alias_ips": list(member.aliases),
        "subnet": subnet,
    }


def _network(request: Request) -> Network:
    return cloud_of(request).networks.get(path_id(request))


ROUTES = [
    *routes_for("networks", "network", lambda request: _network(request).id),
    *noun_routes(
        "networks",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(
            add_subnet,
            delete_subnet,
            add_route,
            delete_route,
            change_ip_range,
            change_protection,
        ),
    ),
    Route("/networks/{id:int}/members", list_members, methods=["GET"]),
]

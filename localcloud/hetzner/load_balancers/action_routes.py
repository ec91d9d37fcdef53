"""Load balancers over HTTP: what can be done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action
from localcloud.hetzner.addresses import default_pointer
from localcloud.hetzner.catalogue import require
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import cloud_of, parse, path_id
from localcloud.hetzner.load_balancer_types.models import require_type
from localcloud.hetzner.load_balancers import rules
from localcloud.hetzner.load_balancers.requests import (
    AlgorithmBody,
    Attach,
    ChangeType,
    ListenPort,
    Protection,
    ServiceBody,
    TargetBody,
)
from localcloud.hetzner.load_balancers.services import merged, new_service
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.networks.members import BALANCER
from localcloud.hetzner.networks.requests import Detach
from localcloud.hetzner.primary_ips.routes import PointerChange

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.load_balancers.models import LoadBalancer


async def add_service(request: Request) -> Response:
    """POST .../actions/add_service."""
    balancer = _idle(request)
    service = new_service(await parse(request, ServiceBody))
    changed = rules.with_service(cloud_of(request), balancer, service)
    return await _act(request, "add_service", balancer, services=changed.services)


async def update_service(request: Request) -> Response:
    """POST .../actions/update_service: the listen port names it."""
    balancer = _idle(request)
    body = await parse(request, ServiceBody)
    known = rules.service_at(balancer, body.listen_port)
    changed = merged(known, body)
    others = [one for one in balancer.services if one is not known]
    rules.check_service(cloud_of(request), others, changed)
    services = tuple(changed if one is known else one for one in balancer.services)
    return await _act(request, "update_service", balancer, services=services)


async def delete_service(request: Request) -> Response:
    """POST .../actions/delete_service."""
    balancer = _idle(request)
    body = await parse(request, ListenPort)
    known = rules.service_at(balancer, body.listen_port)
    services = tuple(one for one in balancer.services if one is not known)
    return await _act(request, "delete_service", balancer, services=services)


async def add_target(request: Request) -> Response:
    """POST .../actions/add_target."""
    balancer = _idle(request)
    target = rules.target_of(await parse(request, TargetBody))
    changed = rules.with_target(cloud_of(request), balancer, target)
    return await _act(request, "add_target", balancer, targets=changed.targets)


async def remove_target(request: Request) -> Response:
    """POST .../actions/remove_target."""
    balancer = _idle(request)
    target = rules.target_of(await parse(request, TargetBody))
    changed = rules.without_target(balancer, target)
    return await _act(request, "remove_target", balancer, targets=changed.targets)


async def change_algorithm(request: Request) -> Response:
    """POST .../actions/change_algorithm."""
    balancer = _idle(request)
    body = await parse(request, AlgorithmBody)
    return await _act(request, "change_algorithm", balancer, algorithm=body.type)


async def change_type(request: Request) -> Response:
    """POST .../actions/change_type."""
    balancer = _idle(request)
    kind = require_type((await parse(request, ChangeType)).load_balancer_type)
    rules.check_type(balancer, kind)
    return await _act(request, "change_load_balancer_type", balancer, type=kind.name)


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    balancer = _idle(request)
    body = await parse(request, Protection)
    wished = balancer.delete_protection if body.delete is None else body.delete
    return await _act(request, "change_protection", balancer, delete_protection=wished)


async def change_dns_ptr(request: Request) -> Response:
    """POST .../actions/change_dns_ptr."""
    balancer = _idle(request)
    body = await parse(request, PointerChange)
    inside = body.ip == balancer.ipv4 or body.ip.startswith(balancer.ipv6.removesuffix("/64"))
    if not inside:
        raise InvalidInputError.field("ip", f"{body.ip!r} does not belong to the load balancer")
    name = body.dns_ptr
    if name is None and body.ip == balancer.ipv4:
        name = default_pointer(body.ip)
    kept = {ip: known for ip, known in balancer.pointers.items() if ip != body.ip}
    pointers = kept if name is None else kept | {body.ip: name}
    return await _act(request, "change_dns_ptr", balancer, pointers=pointers)


async def enable_public_interface(request: Request) -> Response:
    """POST .../actions/enable_public_interface."""
    return await _act(request, "enable_public_interface", _idle(request), public=True)


async def disable_public_interface(request: Request) -> Response:
    """POST .../actions/disable_public_interface."""
    balancer = _idle(request)
    rules.check_private(cloud_of(request), balancer)
    return await _act(request, "disable_public_interface", balancer, public=False)


async def attach_to_network(request: Request) -> Response:
    """POST .../actions/attach_to_network."""
    cloud, balancer = cloud_of(request), _idle(request)
    body = await parse(request, Attach)
    network = cloud.networks.require(body.network)
    cloud.members.check_balancer_free(balancer.id)
    zone = require(LOCATIONS, balancer.location, "location").network_zone
    member = cloud.members.join(
        network, BALANCER, balancer.id, zone, ip=body.ip, ip_range=body.ip_range
    )
    return await _act(request, "attach_to_network", balancer, network=member.network)


async def detach_from_network(request: Request) -> Response:
    """POST .../actions/detach_from_network."""
    cloud, balancer = cloud_of(request), _idle(request)
    body = await parse(request, Detach)
    member = cloud.load_balancers.need_membership(balancer, body.network)

    async def work() -> None:
        await cloud.members.disconnect(member)

    resources = [("load_balancer", balancer.id), ("network", member.network)]
    return one_action(await cloud.actions.finish("detach_from_network", resources, work))


async def _act(
    request: Request,
    command: str,
    balancer: LoadBalancer,
    *,
    network: int | None = None,
    **fields: object,
) -> Response:
    """An action that changes the books, then the machine."""
    cloud = cloud_of(request)

    async def work() -> None:
        cloud.load_balancers.change(balancer.id, **fields)
        await cloud.load_balancers.apply(balancer.id)

    resources = [("load_balancer", balancer.id)]
    if network is not None:
        resources.append(("network", network))
    return one_action(await cloud.actions.finish(command, resources, work))


def _idle(request: Request) -> LoadBalancer:
    cloud = cloud_of(request)
    balancer = cloud.load_balancers.get(path_id(request))
    cloud.load_balancers.check_idle(balancer)
    return balancer


ROUTES = [
    Route(f"/load_balancers/{{id:int}}/actions/{handler.__name__}", handler, methods=["POST"])
    for handler in (
        add_service,
        update_service,
        delete_service,
        add_target,
        remove_target,
        change_algorithm,
        change_type,
        change_protection,
        change_dns_ptr,
        enable_public_interface,
        disable_public_interface,
        attach_to_network,
        detach_from_network,
    )
]

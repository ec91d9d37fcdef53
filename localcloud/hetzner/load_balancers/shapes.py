"""Load balancers as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.load_balancer_types.routes import shape as shape_type
from localcloud.hetzner.load_balancers.services import shape as shape_service
from localcloud.hetzner.load_balancers.spec import TargetHealth
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.locations.routes import shape as shape_location
from localcloud.hetzner.server_types.models import TEBIBYTE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.http import JSON
    from localcloud.hetzner.load_balancers.models import LoadBalancer, Target
    from localcloud.hetzner.servers.models import Server

    Health = Mapping[tuple[str, int], TargetHealth]


async def shape(balancer: LoadBalancer, cloud: Cloud) -> JSON:
    """The load balancer as the API shows it, health and all."""
    health = await cloud.load_balancers.health(balancer)
    location = find(LOCATIONS, balancer.location)
    member = cloud.load_balancers.membership(balancer)
    return {
        "id": balancer.id,
        "name": balancer.name,
        "created": balancer.created,
        "load_balancer_type": shape_type(balancer.kind),
        "location": shape_location(location) if location else None,
        "algorithm": {"type": balancer.algorithm},
        "services": [shape_service(service) for service in balancer.services],
        "targets": [_target(target, balancer, cloud, health) for target in balancer.targets],
        "public_net": _public_net(balancer),
        "private_net": [{"network": member.network, "ip": member.ip}] if member else [],
        "included_traffic": 20 * TEBIBYTE,
        "ingoing_traffic": 0,
        "outgoing_traffic": 0,
        "protection": {"delete": balancer.delete_protection},
        "labels": balancer.labels,
    }


def _public_net(balancer: LoadBalancer) -> JSON:
    first = balancer.ipv6.replace("::/64", "::1")
    return {
        "enabled": balancer.public,
        "ipv4": _address(balancer.ipv4, balancer, balancer.ipv4_id),
        "ipv6": _address(first, balancer, balancer.ipv6_id),
    }


def _address(ip: str, balancer: LoadBalancer, primary_ip: int | None) -> JSON:
    shown = {"ip": ip, "dns_ptr": balancer.pointers.get(ip)}
    return shown if primary_ip is None else {**shown, "id": primary_ip, "blocked": False}


def _target(target: Target, balancer: LoadBalancer, cloud: Cloud, health: Health) -> JSON:
    servers = cloud.load_balancers.servers_of(target)
    if target.selector is None:
        shown = _server(target, servers[0], balancer, cloud, health) if servers else {}
        if target.ip is not None:
            status = shown.get("health_status", [])
            return {"type": "ip", "ip": {"ip": target.ip}, "health_status": status}
        return shown
    return {
        "type": "label_selector",
        "label_selector": {"selector": target.selector},
        "use_private_ip": target.use_private_ip,
        "targets": [_server(target, server, balancer, cloud, health) for server in servers],
    }


def _server(
    target: Target, server: Server, balancer: LoadBalancer, cloud: Cloud, health: Health
) -> JSON:
    resolved = cloud.load_balancers.resolve(balancer, target, server)
    name = resolved.name if resolved else ""
    found = [
        health.get((name, one.listen_port)) or TargetHealth(name, one.listen_port, "unknown")
        for one in balancer.services
    ]
    return {
        "type": "server",
        "server": {"id": server.id},
        "use_private_ip": target.use_private_ip,
        "health_status": [_health(one) for one in found],
    }


def _health(found: TargetHealth) -> JSON:
    return {
        "listen_port": found.listen_port,
        "status": found.status,
        "detail": found.detail,
        "http_status_code": found.http_status_code,
    }

"""Servers as the API shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.images.routes import shape as shape_image
from localcloud.hetzner.isos.models import ISOS
from localcloud.hetzner.isos.routes import shape as shape_iso
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.locations.routes import shape as shape_location
from localcloud.hetzner.placement_groups.routes import shape as shape_group
from localcloud.hetzner.server_types.models import TEBIBYTE
from localcloud.hetzner.server_types.routes import shape as shape_type

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.http import JSON
    from localcloud.hetzner.networks.members import Member
    from localcloud.hetzner.servers.models import Server


def shape(server: Server, cloud: Cloud) -> JSON:
    """The server as the API shows it."""
    location = find(LOCATIONS, server.location)
    group = server.placement_group
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "created": server.created,
        "public_net": _public_net(server, cloud),
        "private_net": [_private_net(one) for one in cloud.members.of("server", server.id)],
        "server_type": shape_type(server.type, cloud),
        "location": shape_location(location) if location else None,
        "image": shape_image(find(cloud.images.all(), server.image.id) or server.image),
        "iso": _iso(server),
        "rescue_enabled": server.rescue,
        "locked": cloud.actions.locked(server.id),
        "backup_window": server.backup_window,
        "outgoing_traffic": 0,
        "ingoing_traffic": 0,
        "included_traffic": 20 * TEBIBYTE,
        "protection": {"delete": server.delete_protection, "rebuild": server.rebuild_protection},
        "labels": server.labels,
        "volumes": cloud.volumes.of(server.id),
        "load_balancers": cloud.load_balancers.serving(server.id),
        "primary_disk_size": server.primary_disk_size,
        "placement_group": shape_group(cloud.placement_groups.get(group), cloud) if group else None,
    }


def _iso(server: Server) -> JSON | None:
    found = find(ISOS, server.iso) if server.iso is not None else None
    return shape_iso(found) if found else None


def _private_net(member: Member) -> JSON:
    return {
        "network": member.network,
        "ip": member.ip,
        "alias_ips": list(member.aliases),
        "mac_address": member.mac,
    }


def _public_net(server: Server, cloud: Cloud) -> JSON:
    firewalls = cloud.firewalls.of(server)
    return {
        "ipv4": _ipv4(server, cloud),
        "ipv6": _ipv6(server, cloud),
        "floating_ips": cloud.floating_ips.of(server.id),
        "firewalls": [
            {"id": one.id, "status": _firewall_status(one.id, server.id, cloud)}
            for one in firewalls
        ],
    }


def _ipv4(server: Server, cloud: Cloud) -> JSON | None:
    address = cloud.servers.address(server, "ipv4")
    if address is None:
        return None
    pointer = address.pointers[0].dns_ptr if address.pointers else ""
    return {"id": address.id, "ip": address.ip, "blocked": False, "dns_ptr": pointer}


def _ipv6(server: Server, cloud: Cloud) -> JSON | None:
    address = cloud.servers.address(server, "ipv6")
    if address is None:
        return None
    pointers = [{"ip": one.ip, "dns_ptr": one.dns_ptr} for one in address.pointers]
    return {"id": address.id, "ip": address.ip, "blocked": False, "dns_ptr": pointers}


def _firewall_status(firewall_id: int, server_id: int, cloud: Cloud) -> str:
    pending = any(
        action.command == "apply_firewall"
        and action.concerns("server", server_id)
        and action.concerns("firewall", firewall_id)
        for action in cloud.actions.running()
    )
    return "pending" if pending else "applied"

"""From a request to a new load balancer, everything checked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.addresses import default_pointer
from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.errors import ApiError, InvalidInputError
from localcloud.hetzner.load_balancer_types.models import require_type
from localcloud.hetzner.load_balancers import rules
from localcloud.hetzner.load_balancers.models import LoadBalancer
from localcloud.hetzner.load_balancers.services import new_service
from localcloud.hetzner.locations.models import LOCATIONS, Location
from localcloud.hetzner.networks.members import BALANCER

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.load_balancers.requests import Create
    from localcloud.hetzner.primary_ips.models import PrimaryIp


def new_balancer(cloud: Cloud, body: Create) -> LoadBalancer:
    """Write down the load balancer of a request; raises ApiError and writes nothing then."""
    location = _location(body)
    balancer = _bare(cloud, body, location)
    for wish in body.services or []:
        balancer = rules.with_service(cloud, balancer, new_service(wish))
    cloud.load_balancers.put(balancer)
    for number in (balancer.ipv4_id, balancer.ipv6_id):
        if number is not None:
            cloud.primary_ips.assign(number, balancer.id, BALANCER)
    try:
        if body.network is not None:
            network = cloud.networks.require(body.network)
            cloud.members.join(network, BALANCER, balancer.id, location.network_zone)
        for target in body.targets or []:
            balancer = rules.with_target(cloud, balancer, rules.target_of(target))
    except ApiError:
        cloud.load_balancers.forget(balancer.id)
        raise
    return cloud.load_balancers.put(balancer)


def _bare(cloud: Cloud, body: Create, location: Location) -> LoadBalancer:
    if not body.public_interface and body.network is None:
        raise InvalidInputError.field("public_interface", "is needed without a network")
    given = {
        version: _primary_ip(cloud, number, version, location)
        for version, number in (("ipv4", body.public_net.ipv4), ("ipv6", body.public_net.ipv6))
        if number is not None
    }
    first, second = given.get("ipv4"), given.get("ipv6")
    ipv4 = first.ip if first else cloud.addresses.next_ipv4(cloud.taken_addresses())
    return LoadBalancer(
        id=cloud.state.next_id(),
        name=body.name,
        created=cloud.clock.stamp(),
        type=require_type(body.load_balancer_type).name,
        location=location.name,
        ipv4=ipv4,
        ipv6=second.ip if second else cloud.addresses.next_ipv6(),
        ipv4_id=first.id if first else None,
        ipv6_id=second.id if second else None,
        algorithm=body.algorithm.type,
        public=body.public_interface,
        pointers={ipv4: default_pointer(ipv4)},
        labels=body.labels or {},
    )


def _primary_ip(cloud: Cloud, number: int, version: str, location: Location) -> PrimaryIp:
    """An address the request names; raises an error where a load balancer cannot have it."""
    address = find(cloud.primary_ips.all(), number)
    if address is None:
        raise InvalidInputError.field(f"public_net.{version}", f"primary IP {number} not found")
    cloud.busy.check(f"primary_ips/{number}")
    cloud.primary_ips.check_usable(address, version, location.name)
    return address


def _location(body: Create) -> Location:
    if (body.location is None) == (body.network_zone is None):
        raise InvalidInputError.field("location", "is needed, or network_zone, but not both")
    if body.location is not None:
        return require(LOCATIONS, body.location, "location")
    for location in LOCATIONS:
        if location.network_zone == body.network_zone:
            return location
    raise InvalidInputError.field("network_zone", f"{body.network_zone!r} not found")

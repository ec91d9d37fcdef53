"""From a request to a new load balancer, everything checked before anything is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.addresses import default_pointer
from localcloud.hetzner.catalogue import require
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


def new_balancer(cloud: Cloud, body: Create) -> LoadBalancer:
    """Write down the load balancer of a request; raises ApiError and writes nothing then."""
    location = _location(body)
    balancer = _bare(cloud, body, location)
    for wish in body.services or []:
        balancer = rules.with_service(cloud, balancer, new_service(wish))
    cloud.load_balancers.put(balancer)
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
    if body.public_net.ipv4 or body.public_net.ipv6:
        raise InvalidInputError.field(
            "public_net", "the local cloud gives a load balancer addresses of its own"
        )
    if not body.public_interface and body.network is None:
        raise InvalidInputError.field("public_interface", "is needed without a network")
    taken = cloud.load_balancers.addresses() | {one.ip for one in cloud.primary_ips.all()}
    ipv4 = cloud.addresses.next_ipv4(taken)
    return LoadBalancer(
        id=cloud.state.next_id(),
        name=body.name,
        created=cloud.clock.stamp(),
        type=require_type(body.load_balancer_type).name,
        location=location.name,
        ipv4=ipv4,
        ipv6=cloud.addresses.next_ipv6(),
        algorithm=body.algorithm.type,
        public=body.public_interface,
        pointers={ipv4: default_pointer(ipv4)},
        labels=body.labels or {},
    )


def _location(body: Create) -> Location:
    if (body.location is None) == (body.network_zone is None):
        raise InvalidInputError.field("location", "is needed, or network_zone, but not both")
    if body.location is not None:
        return require(LOCATIONS, body.location, "location")
    for location in LOCATIONS:
        if location.network_zone == body.network_zone:
            return location
    raise InvalidInputError.field("network_zone", f"{body.network_zone!r} not found")

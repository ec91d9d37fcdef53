"""Networks as the books have them; `members` says who is in them."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from ipaddress import IPv4Network
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    UniquenessError,
)
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.networks import ranges

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

ZONES = frozenset(location.network_zone for location in LOCATIONS)


@dataclass(frozen=True)
class Subnet:
    """A part of the range that members of one zone get addresses from."""

    ip_range: str
    network_zone: str
    type: str = "cloud"
    vswitch_id: int | None = None

    @property
    def range(self) -> IPv4Network:
        """The range, to calculate with."""
        return IPv4Network(self.ip_range)


@dataclass(frozen=True)
class NetworkRoute:
    """Packets to `destination` go to the member with the address `gateway`."""

    destination: str
    gateway: str


@dataclass(frozen=True)
class Network:
    """A private range."""

    id: int
    name: str
    ip_range: str
    created: str
    subnets: tuple[Subnet, ...] = ()
    routes: tuple[NetworkRoute, ...] = ()
    expose_routes_to_vswitch: bool = False
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def range(self) -> IPv4Network:
        """The range, to calculate with."""
        return IPv4Network(self.ip_range)


class Networks:
    """All networks."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("network", Network)

    def all(self) -> list[Network]:
        """Every network."""
        return list(self._table)

    def get(self, number: int) -> Network:
        """The network; raises NotFoundError."""
        network = self._table.get(number)
        if network is None:
            raise NotFoundError.thing("network", number)
        return network

    def require(self, number: int, field_name: str = "network") -> Network:
        """The network a field of a body names; raises InvalidInputError."""
        network = self._table.get(number)
        if network is None:
            raise InvalidInputError.field(field_name, f"network with ID '{number}' not found")
        return network

    def create(self, network: Network) -> Network:
        """Add a network without subnets and routes; those are added by their own methods."""
        ranges.network_range(network.ip_range)
        self._check_name(network)
        return self._table.put(network)

    def update(
        self,
        network: Network,
        name: str | None,
        labels: dict[str, str] | None,
        expose: bool | None,
    ) -> Network:
        """Change what is not None."""
        changed = replace(
            network,
            name=network.name if name is None else name,
            labels=network.labels if labels is None else labels,
            expose_routes_to_vswitch=(
                network.expose_routes_to_vswitch if expose is None else expose
            ),
        )
        self._check_name(changed)
        return self._table.put(changed)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a network, if it is still there."""
        network = self._table.get(number)
        if network is not None:
            self._table.put(replace(network, **fields))  # type: ignore[arg-type]

    def with_subnet(
        self,
        network: Network,
        ip_range: str | None,
        subnet_type: str,
        zone: str,
        vswitch: int | None,
    ) -> Network:
        """The network with one more subnet; raises InvalidInputError."""
        if zone not in ZONES:
            raise InvalidInputError.field("network_zone", f"network zone {zone!r} not found")
        if subnet_type == "vswitch":
            raise InvalidInputError.field(
                "vswitch_id", f"vSwitch with ID '{vswitch}' not found: the local cloud has none"
            )
        found = self._subnet_range(network, ip_range)
        subnet = Subnet(str(found), zone, subnet_type)
        return replace(network, subnets=(*network.subnets, subnet))

    def without_subnet(self, network: Network, ip_range: str) -> Network:
        """The network without a subnet nobody is in.

        Raises:
            InvalidInputError: there is no such subnet.
            ConflictError: members still have addresses of it.
        """
        kept = tuple(one for one in network.subnets if one.ip_range != ip_range)
        if len(kept) == len(network.subnets):
            raise InvalidInputError.field("ip_range", f"the network has no subnet {ip_range}")
        if self._cloud.members.inside(network.id, IPv4Network(ip_range)):
            raise ConflictError("the subnet still has members: detach them first")
        return replace(network, subnets=kept)

    def with_route(self, network: Network, route: NetworkRoute) -> Network:
        """The network with one more route; raises InvalidInputError."""
        destination = ranges.parse_range(route.destination, "destination")
        hop = ranges.parse_address(route.gateway, "gateway")
        others = (
            *(subnet.ip_range for subnet in network.subnets),
            *(one.destination for one in network.routes),
            f"{ranges.gateway(network.range)}/32",
            f"{ranges.RESERVED}/32",
        )
        for other in others:
            if (
                other != "0.0.0.0/0"
                and destination.prefixlen
                and ranges.overlap(str(destination), other)
            ):
                raise InvalidInputError.field("destination", f"overlaps with {other}")
        if route in network.routes or hop in {ranges.gateway(network.range), ranges.RESERVED}:
            raise InvalidInputError.field("gateway", f"{hop} cannot be the gateway of the route")
        if hop not in network.range:
            raise InvalidInputError.field("gateway", f"{hop} is not in {network.ip_range}")
        return replace(network, routes=(*network.routes, route))

    def without_route(self, network: Network, route: NetworkRoute) -> Network:
        """The network without a route; raises InvalidInputError where there is none."""
        if route not in network.routes:
            raise InvalidInputError.field("destination", "the network has no such route")
        return replace(network, routes=tuple(one for one in network.routes if one != route))

    def extended(self, network: Network, ip_range: str) -> Network:
        """The network with a wider range from the same start; raises InvalidInputError."""
        wider = ranges.network_range(ip_range)
        if not network.range.subnet_of(wider) or wider[0] != network.range[0]:
            raise InvalidInputError.field(
                "ip_range", f"has to start like {network.ip_range} and contain it"
            )
        self._cloud.members.check_apart(network.id, str(wider))
        return replace(network, ip_range=str(wider))

    def put(self, network: Network) -> Network:
        """Write a network down."""
        return self._table.put(network)

    def check_deletable(self, network: Network) -> None:
        """Raise ProtectedError where deletion is not allowed."""
        if network.delete_protection:
            raise ProtectedError("Network deletion is protected")

    def forget(self, number: int) -> None:
        """Strike a network out."""
        self._table.drop(number)

    def _subnet_range(self, network: Network, text: str | None) -> IPv4Network:
        taken = [subnet.range for subnet in network.subnets]
        if text is None:
            found = ranges.free_subnet(network.range, taken)
            if found is None:
                raise InvalidInputError.field("ip_range", "no free range is left in the network")
            return found
        found = ranges.parse_range(text, "ip_range")
        if not found.subnet_of(network.range):
            raise InvalidInputError.field("ip_range", f"{text} is not inside {network.ip_range}")
        if found.prefixlen > ranges.SMALLEST_SUBNET:
            raise InvalidInputError.field(
                "ip_range", f"{text} is too small: use a mask of at most /{ranges.SMALLEST_SUBNET}"
            )
        destinations = [IPv4Network(one.destination) for one in network.routes]
        for other in (*taken, *(one for one in destinations if one.prefixlen)):
            if found.overlaps(other):
                raise InvalidInputError.field("ip_range", f"{text} overlaps with {other}")
        return found

    def _check_name(self, network: Network) -> None:
        if any(other.name == network.name and other.id != network.id for other in self._table):
            raise UniquenessError("network name is already used", "name")

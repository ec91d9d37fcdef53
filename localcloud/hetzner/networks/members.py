"""Who is in which network, under which address."""

from __future__ import annotations

from dataclasses import dataclass, replace
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.machines import Leg
from localcloud.hetzner.networks import ranges
from localcloud.hetzner.networks.errors import (
    AlreadyAttachedError,
    BalancerAlreadyAttachedError,
    IpNotAvailableError,
    NetworksOverlapError,
    NoSubnetAvailableError,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from localcloud.hetzner.actions.models import Action, Work
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.networks.models import Network, Subnet
    from localcloud.hetzner.servers.models import Server

MAX_ALIASES = 5
SERVER, BALANCER = "server", "load_balancer"


@dataclass(frozen=True)
class Member:
    """A server or load balancer in a network."""

    id: int
    network: int
    type: str
    member: int
    """Id of the server or load balancer."""
    ip: str
    aliases: tuple[str, ...] = ()

    @property
    def mac(self) -> str:
        """Hardware address of the interface."""
        # Made of the address: whoever gets it next is found without anybody's ARP cache ageing.
        return ":".join(["86", "00", *(f"{octet:02x}" for octet in IPv4Address(self.ip).packed)])


class Members:
    """All memberships; an address is in use once in its network."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("network_member", Member)

    def of(self, kind: str, number: int) -> list[Member]:
        """The networks a server or load balancer is in."""
        return [one for one in self._table if (one.type, one.member) == (kind, number)]

    def find(self, kind: str, number: int, network: int) -> Member | None:
        """The membership in one network."""
        return next((one for one in self.of(kind, number) if one.network == network), None)

    def inside(self, network: int, part: IPv4Network | None = None) -> list[Member]:
        """The members of a network, or of a part of its range."""
        return [
            one
            for one in self._table
            if one.network == network and (part is None or IPv4Address(one.ip) in part)
        ]

    def need(self, kind: str, number: int, network: int) -> Member:
        """The membership in a network; raises InvalidInputError."""
        found = self.find(kind, number, network)
        if found is None:
            raise InvalidInputError.field("network", "is not attached to the network")
        return found

    def legs(self, kind: str, number: int) -> list[Leg]:
        """The interfaces a member has, as its machine takes them."""
        return [self.leg(one) for one in self.of(kind, number)]

    def leg(self, member: Member) -> Leg:
        """One interface, as a machine takes it."""
        network = self._cloud.networks.get(member.network)
        routes = tuple(
            (route.destination, route.gateway)
            for route in network.routes
            if route.gateway not in {member.ip, *member.aliases}
        )
        return Leg(network.id, network.ip_range, member.ip, member.mac, member.aliases, routes)

    def check_attachable(self, server: Server, network: Network) -> None:
        """Raise an error where a server cannot join a network."""
        if self.find(SERVER, server.id, network.id):
            raise AlreadyAttachedError("server is already attached to the network")
        for other in self.of(SERVER, server.id):
            known = self._cloud.networks.get(other.network)
            if ranges.overlap(known.ip_range, network.ip_range):
                raise NetworksOverlapError(f"{network.ip_range} overlaps with network {known.name}")

    def check_apart(self, network: int, ip_range: str) -> None:
        """Raise NetworksOverlapError where a member is also in a network a new range overlaps."""
        for member in self.inside(network):
            for other in self.of(member.type, member.member):
                known = self._cloud.networks.get(other.network)
                if known.id != network and ranges.overlap(known.ip_range, ip_range):
                    raise NetworksOverlapError(f"{ip_range} overlaps with network {known.name}")

    def check_balancer_free(self, number: int) -> None:
        """Raise BalancerAlreadyAttachedError where a load balancer is in a network."""
        if self.of(BALANCER, number):
            raise BalancerAlreadyAttachedError("load balancer is already attached to a network")

    def join(  # noqa: PLR0913 what a request to attach may say
        self,
        network: Network,
        kind: str,
        number: int,
        zone: str,
        *,
        ip: str | None = None,
        aliases: Sequence[str] = (),
        ip_range: str | None = None,
    ) -> Member:
        """Write a member down, with the address asked for or the next free one.

        Raises:
            IpNotAvailableError: the address cannot be had.
            NoSubnetAvailableError: no subnet of the zone has one left.
        """
        taken = self._taken(network.id)
        address = (
            self._given(network, ip, taken) if ip else self._next(network, zone, taken, ip_range)
        )
        extra = self._aliases(network, aliases, taken | {address})
        number_of_record = self._cloud.state.next_id()
        return self._table.put(
            Member(number_of_record, network.id, kind, number, str(address), extra)
        )

    def check_room(self, network: Network, zone: str) -> None:
        """Raise NoSubnetAvailableError where a zone has no address left."""
        self._next(network, zone, self._taken(network.id), None)

    def check_aliases(self, member: Member, aliases: Sequence[str]) -> tuple[str, ...]:
        """The aliases as a member may have them; raises an error where it may not."""
        network = self._cloud.networks.get(member.network)
        own = {IPv4Address(one) for one in member.aliases}
        return self._aliases(network, aliases, self._taken(network.id) - own)

    def alias(self, member: Member, aliases: tuple[str, ...]) -> Member:
        """Give a member other additional addresses."""
        return self._table.put(replace(member, aliases=aliases))

    def leave(self, member: Member) -> None:
        """Strike a membership out."""
        self._table.drop(member.id)

    def forget(self, kind: str, number: int) -> None:
        """Strike out the memberships of what is gone."""
        for member in self.of(kind, number):
            self._table.drop(member.id)

    async def connect(self, member: Member) -> None:
        """Give a server's machine the interface, or change the one it has."""
        if member.type == SERVER:
            machines = self._cloud.machines
            await self._cloud.in_thread(machines.attach_network, member.member, self.leg(member))
        else:
            await self._cloud.load_balancers.apply(member.member)

    async def disconnect(self, member: Member) -> None:
        """Take the interface away, then strike the membership out."""
        machines = self._cloud.machines
        if member.type == SERVER:
            await self._cloud.in_thread(machines.detach_network, member.member, member.network)
            self.leave(member)
        else:
            self.leave(member)
            await self._cloud.load_balancers.apply(member.member)

    async def reconnect(self, network: int) -> None:
        """Tell every member of a network about its changed range or routes."""
        for member in self.inside(network):
            await self.connect(member)

    async def act(self, command: str, member: Member, work: Work) -> Action:
        """An action about a server and a network; the server must not be busy."""
        self._cloud.actions.check_unlocked(member.member)
        resources = [("server", member.member), ("network", member.network)]
        return await self._cloud.actions.finish(command, resources, work)

    def _taken(self, network: int) -> set[IPv4Address]:
        return {
            IPv4Address(address)
            for member in self.inside(network)
            for address in (member.ip, *member.aliases)
        }

    def _given(self, network: Network, text: str, taken: set[IPv4Address]) -> IPv4Address:
        address = ranges.parse_address(text, "ip")
        subnet = next((one for one in network.subnets if address in one.range), None)
        if subnet is None:
            raise IpNotAvailableError(f"{address} is in no subnet of the network")
        edges = {subnet.range.network_address, subnet.range.broadcast_address}
        if address in taken | edges | {ranges.gateway(network.range), ranges.RESERVED}:
            raise IpNotAvailableError(f"{address} is not available")
        return address

    def _next(
        self, network: Network, zone: str, taken: set[IPv4Address], ip_range: str | None
    ) -> IPv4Address:
        for subnet in _subnets(network, zone, ip_range):
            for address in ranges.usable(subnet.range, network.range):
                if address not in taken:
                    return address
        raise NoSubnetAvailableError(f"the network has no free address in the zone {zone}")

    def _aliases(
        self, network: Network, aliases: Sequence[str], taken: set[IPv4Address]
    ) -> tuple[str, ...]:
        if len(aliases) > MAX_ALIASES:
            raise InvalidInputError.field("alias_ips", f"at most {MAX_ALIASES} are possible")
        found: list[IPv4Address] = []
        for text in aliases:
            found.append(self._given(network, text, taken | set(found)))
        return tuple(str(address) for address in found)


def _subnets(network: Network, zone: str, ip_range: str | None) -> Iterator[Subnet]:
    for subnet in network.subnets:
        if subnet.network_zone == zone and ip_range in {None, subnet.ip_range}:
            yield subnet

"""From a request to a new server, and from a server to nothing."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.errors import InvalidInputError, ProtectedError, ResourceUnavailableError
from localcloud.hetzner.locations.models import LOCATIONS, Location
from localcloud.hetzner.machines import MachineError
from localcloud.hetzner.networks import ranges
from localcloud.hetzner.networks.errors import NetworksOverlapError
from localcloud.hetzner.server_types.models import SERVER_TYPES, ServerType
from localcloud.hetzner.servers.models import VERSIONS, Server

if TYPE_CHECKING:
    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.firewalls.models import Firewall
    from localcloud.hetzner.networks.models import Network
    from localcloud.hetzner.primary_ips.models import PrimaryIp
    from localcloud.hetzner.servers.requests import Create
    from localcloud.hetzner.volumes.models import Volume

MAX_USER_DATA = 32 * 1024
_HOSTNAME = re.compile(
    r"(?=.{1,253}\Z)[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
    r"(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)


@dataclass(frozen=True)
class Created:
    """The answer to a create request."""

    server: Server
    action: Action
    next_actions: list[Action]
    root_password: str | None


@dataclass(frozen=True)
class Plan:
    """A create request after every check."""

    server: Server
    given: dict[str, PrimaryIp]
    """Addresses the request names, by version."""
    wanted: tuple[str, ...]
    """Versions to make an address for."""
    firewalls: tuple[Firewall, ...]
    networks: tuple[Network, ...]
    volumes: tuple[Volume, ...]

    @property
    def things(self) -> list[str]:
        """Paths of what the server takes, and that must not change meanwhile."""
        return [
            *(f"primary_ips/{one.id}" for one in self.given.values()),
            *(f"firewalls/{one.id}" for one in self.firewalls),
            *(f"networks/{one.id}" for one in self.networks),
            *(f"volumes/{one.id}" for one in self.volumes),
        ]


def check_hostname(name: str) -> None:
    """Raise InvalidInputError unless the name is a host name."""
    if not _HOSTNAME.fullmatch(name):
        raise InvalidInputError.field("name", f"{name!r} is no valid hostname (RFC 1123)")


def new_password() -> str:
    """A password for root."""
    return secrets.token_urlsafe(15)


class Creation:
    """Makes servers and takes them away."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def create(self, body: Create) -> Created:
        """Make a server; everything is checked before anything is made."""
        plan = self._plan(body)
        self._cloud.busy.check(*plan.things)
        server = self._write_down(plan)
        password = None if server.ssh_keys else new_password()
        action = self._start_create(server, password)
        following = [self._start_start(server, action)] if body.start_after_create else []
        shown, *following = await self._cloud.actions.settle(action, *following)
        return Created(self._cloud.servers.find(server.id) or server, shown, following, password)

    async def delete(self, server: Server) -> Action:
        """Take a server away, with its backups and the addresses that go with it."""
        if server.delete_protection:
            raise ProtectedError("Server deletion is protected")
        self._cloud.actions.check_unlocked(server.id)
        before = server.status

        async def work() -> None:
            self._cloud.servers.change(server.id, status="deleting")
            try:
                await self._cloud.in_thread(self._cloud.machines.delete, server.id)
            except MachineError:
                self._cloud.servers.change(server.id, status=before)
                raise
            await self._forget(server)

        return await self._cloud.actions.finish("delete_server", [("server", server.id)], work)

    async def _forget(self, server: Server) -> None:
        for backup in self._cloud.images.backups_of(server.id):
            await self._cloud.images.delete(backup)
        self._cloud.primary_ips.release(server.id)
        self._cloud.firewalls.forget_server(server.id)
        self._cloud.members.forget("server", server.id)
        self._cloud.volumes.release(server.id)
        self._cloud.floating_ips.release(server.id)
        self._cloud.load_balancers.forget_server(server.id)
        self._cloud.servers.forget(server.id)

    def _plan(self, body: Create) -> Plan:
        check_hostname(body.name)
        self._cloud.servers.check_name(body.name)
        server_type = self._server_type(body)
        location = self._location(body, server_type)
        image = self._cloud.images.for_server(body.image, server_type.architecture)
        if image.disk_size > server_type.disk:
            raise InvalidInputError.field(
                "image", "the disk of the server type is too small for it"
            )
        given, wanted = self._addresses(body, location)
        server = Server(
            id=self._cloud.state.next_id(),
            name=body.name,
            created=self._cloud.clock.stamp(),
            status="initializing",
            server_type=server_type.name,
            image=image,
            location=location.name,
            primary_disk_size=server_type.disk,
            ssh_keys=tuple(
                key.public_key for key in self._cloud.ssh_keys.lookup(body.ssh_keys or [])
            ),
            user_data=_user_data(body),
            placement_group=self._placement_group(body),
            labels=body.labels or {},
        )
        networks = self._networks(body, location)
        volumes = self._cloud.volumes.for_server(body.volumes or [], location.name)
        return Plan(server, given, wanted, self._firewalls(body), networks, volumes)

    def _server_type(self, body: Create) -> ServerType:
        server_type = require(SERVER_TYPES, body.server_type, "server_type")
        if not server_type.listed(self._cloud.clock):
            text = f"server type {str(body.server_type)!r} not found"
            raise InvalidInputError(text, {"server_type": [text]})
        return server_type

    def _location(self, body: Create, server_type: ServerType) -> Location:
        clock, knobs = self._cloud.clock, self._cloud.knobs
        if body.location is None:
            options = list(server_type.locations)
        else:
            options = [require(LOCATIONS, body.location, "location")]
            if not server_type.offered(options[0], clock):
                raise InvalidInputError.field(
                    "location", f"{server_type.name} is not sold in {options[0].name}"
                )
        for location in options:
            if server_type.available(location, clock, knobs):
                return location
        raise ResourceUnavailableError(
            f"server type {server_type.name} is sold out in this location"
        )

    def _addresses(
        self, body: Create, location: Location
    ) -> tuple[dict[str, PrimaryIp], tuple[str, ...]]:
        net = body.public_net
        enabled = {"ipv4": net.enable_ipv4, "ipv6": net.enable_ipv6}
        ids = {"ipv4": net.ipv4, "ipv6": net.ipv6}
        if body.start_after_create and not any(enabled.values()) and not body.networks:
            raise InvalidInputError.field("public_net", "the server needs at least one interface")
        given = {}
        for version in VERSIONS:
            number = ids[version]
            if enabled[version] and number:
                given[version] = self._given(number, version, location)
        return given, tuple(one for one in VERSIONS if enabled[one] and one not in given)

    def _given(self, number: int, version: str, location: Location) -> PrimaryIp:
        address = find(self._cloud.primary_ips.all(), number)
        if address is None:
            raise InvalidInputError.field(f"public_net.{version}", f"primary IP {number} not found")
        self._cloud.primary_ips.check_usable(address, version, location.name)
        return address

    def _networks(self, body: Create, location: Location) -> tuple[Network, ...]:
        """The networks the request names, each with room for one more."""
        found = tuple(
            self._cloud.networks.require(number, "networks")
            for number in dict.fromkeys(body.networks or [])
        )
        for position, network in enumerate(found):
            self._cloud.members.check_room(network, location.network_zone)
            for other in found[:position]:
                if ranges.overlap(network.ip_range, other.ip_range):
                    raise NetworksOverlapError(f"networks {network.id} and {other.id} overlap")
        return found

    def _placement_group(self, body: Create) -> int | None:
        if body.placement_group is None:
            return None
        group = require(self._cloud.placement_groups.all(), body.placement_group, "placement_group")
        self._cloud.placement_groups.check_room(group)
        return group.id

    def _firewalls(self, body: Create) -> tuple[Firewall, ...]:
        everything = self._cloud.firewalls.all()
        wishes = body.firewalls or []
        return tuple(require(everything, wish.firewall, "firewalls") for wish in wishes)

    def _write_down(self, plan: Plan) -> Server:
        server = self._cloud.servers.put(plan.server)
        addresses = self._cloud.primary_ips
        for address in plan.given.values():
            addresses.assign(address.id, server.id)
        for version in plan.wanted:
            addresses.create(version, server.location, auto_delete=True, assignee_id=server.id)
        for firewall in plan.firewalls:
            self._cloud.firewalls.add_server(firewall.id, server.id)
        zone = require(LOCATIONS, server.location, "location").network_zone
        for network in plan.networks:
            self._cloud.members.join(network, "server", server.id, zone)
        for volume in plan.volumes:
            self._cloud.volumes.attach(volume.id, server.id)
        return server

    def _start_create(self, server: Server, password: str | None) -> Action:
        async def work() -> None:
            spec = self._cloud.servers.spec(server, password)
            try:
                await self._cloud.in_thread(self._cloud.machines.create, spec)
                await self._cloud.firewalls.enforce(server.id)
                for member in self._cloud.members.of("server", server.id):
                    await self._cloud.members.connect(member)
            finally:
                self._cloud.servers.change(server.id, status="off")

        return self._cloud.actions.start("create_server", [("server", server.id)], work)

    def _start_start(self, server: Server, created: Action) -> Action:
        async def work() -> None:
            if not await self._cloud.actions.wait_for(created):
                raise MachineError("the server was not created")
            await self._cloud.power.start(server.id)

        return self._cloud.actions.start("start_server", [("server", server.id)], work)


def _user_data(body: Create) -> str:
    text = body.user_data or ""
    if len(text.encode()) > MAX_USER_DATA:
        raise InvalidInputError.field("user_data", f"is longer than {MAX_USER_DATA} bytes")
    return text

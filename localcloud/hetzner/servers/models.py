"""Servers as the books have them; `power`, `creation` and `changes` make things happen."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ServerNotStoppedError,
    UniquenessError,
)
from localcloud.hetzner.images.models import Image  # noqa: TC001 the state reads the annotations
from localcloud.hetzner.machines import MachineSpec
from localcloud.hetzner.server_types.models import SERVER_TYPES, ServerType

if TYPE_CHECKING:
    from localcloud.hetzner.actions.models import Action
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.primary_ips.models import PrimaryIp

VERSIONS = ("ipv4", "ipv6")


@dataclass(frozen=True)
class Server:
    """A server. Its addresses and firewalls know it, not the reverse."""

    id: int
    name: str
    created: str
    status: str
    server_type: str
    image: Image
    """As it was when the disk was made of it."""
    location: str
    primary_disk_size: int
    """GB; grows with the type, never shrinks."""
    wanted_on: bool = False
    """What was last asked for; after a restart it counts more than how the machine was found."""
    ssh_keys: tuple[str, ...] = ()
    user_data: str = ""
    backup_window: str | None = None
    """Hours of the day, `22-02`; None: backups are off."""
    delete_protection: bool = False
    rebuild_protection: bool = False
    placement_group: int | None = None
    rescue: bool = False
    """Whether its next start is into the rescue system."""
    iso: int | None = None
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def type(self) -> ServerType:
        """The type in full."""
        found = find(SERVER_TYPES, self.server_type)
        if found is None:
            raise NotFoundError.thing("server type", self.server_type)
        return found


class Servers:
    """All servers."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("server", Server)

    def all(self) -> list[Server]:
        """Every server."""
        return list(self._table)

    def find(self, number: int) -> Server | None:
        """The server, or None."""
        return self._table.get(number)

    def get(self, number: int) -> Server:
        """The server; raises NotFoundError."""
        server = self._table.get(number)
        if server is None:
            raise NotFoundError.thing("server", number)
        return server

    def require(self, number: int, field_name: str) -> Server:
        """The server a field of a body names; raises InvalidInputError."""
        server = self._table.get(number)
        if server is None:
            raise InvalidInputError.field(field_name, f"server with ID '{number}' not found")
        return server

    def put(self, server: Server) -> Server:
        """Write a server down."""
        return self._table.put(server)

    def forget(self, number: int) -> None:
        """Strike a server out."""
        self._table.drop(number)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a server, if it is still there."""
        server = self._table.get(number)
        if server is not None:
            self._table.put(replace(server, **fields))  # type: ignore[arg-type]

    def rename(self, server: Server, name: str | None, labels: dict[str, str] | None) -> Server:
        """Change what is not None."""
        changed = replace(
            server,
            name=server.name if name is None else name,
            labels=server.labels if labels is None else labels,
        )
        self.check_name(changed.name, server.id)
        return self._table.put(changed)

    def check_name(self, name: str, but: int | None = None) -> None:
        """Raise UniquenessError where another server has the name."""
        if any(other.name == name and other.id != but for other in self._table):
            raise UniquenessError("server name is already used", "name")

    def check_stopped(self, server: Server) -> None:
        """Raise ServerNotStoppedError unless it is off."""
        if server.status != "off":
            raise ServerNotStoppedError("server must be stopped")

    def address(self, server: Server, version: str) -> PrimaryIp | None:
        """The address of a version it has."""
        return self._cloud.primary_ips.of(server.id, version)

    def is_public(self, server: Server) -> bool:
        """Whether it has a public interface."""
        return any(self.address(server, version) for version in VERSIONS)

    def has_interface(self, server: Server) -> bool:
        """Whether it has a public interface, or one in a network."""
        return self.is_public(server) or bool(self._cloud.members.of("server", server.id))

    def spec(self, server: Server, root_password: str | None) -> MachineSpec:
        """The server as its machine has to be built."""
        ipv4 = self.address(server, "ipv4")
        return MachineSpec(
            id=server.id,
            name=server.name,
            cores=server.type.cores,
            memory_gb=server.type.memory,
            disk_gb=server.primary_disk_size,
            image=server.image.source,
            user_data=server.user_data,
            ssh_keys=server.ssh_keys,
            root_password=root_password,
            ipv4=ipv4.ip if ipv4 else None,
            location=server.location,
        )

    async def assign_address(self, address: PrimaryIp, server_id: int) -> Action:
        """Give a server an address."""
        return await self._move(address, server_id, "assign_primary_ip", server_id)

    async def unassign_address(self, address: PrimaryIp) -> Action:
        """Take an address off its server, which has to be off."""
        if address.assignee_id is None:
            raise InvalidInputError("primary IP is not assigned")
        if address.assignee_type != "server":
            raise InvalidInputError("primary IP belongs to a load balancer")
        self.check_stopped(self.get(address.assignee_id))
        return await self._move(address, None, "unassign_primary_ip", address.assignee_id)

    async def _move(
        self, address: PrimaryIp, owner: int | None, command: str, server_id: int
    ) -> Action:
        self._cloud.actions.check_unlocked(server_id)

        async def work() -> None:
            self._cloud.primary_ips.assign(address.id, owner)
            if address.type == "ipv4":
                ip = address.ip if owner else None
                await self._cloud.in_thread(self._cloud.machines.set_address, server_id, ip)

        resources = [("primary_ip", address.id), ("server", server_id)]
        return await self._cloud.actions.finish(command, resources, work)

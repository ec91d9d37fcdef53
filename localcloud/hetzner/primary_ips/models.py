"""Primary IPs and their rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.addresses import default_pointer, is_inside
from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    ServerNotStoppedError,
    UniquenessError,
)
from localcloud.hetzner.primary_ips.errors import (
    AlreadyAssignedError,
    AssignedElsewhereError,
    MustBeUnassignedError,
    ServerHasAddressError,
    WrongLocationError,
    WrongVersionError,
)

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server


@dataclass(frozen=True)
class Pointer:
    """Reverse name of an address."""

    ip: str
    dns_ptr: str


@dataclass(frozen=True)
class PrimaryIp:
    """An IPv4 address or an IPv6 network (`2001:db8:1::/64`)."""

    id: int
    name: str
    type: str
    ip: str
    location: str
    created: str
    assignee_id: int | None = None
    """The server or load balancer that has it."""
    assignee_type: str = "server"
    auto_delete: bool = False
    delete_protection: bool = False
    pointers: tuple[Pointer, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


class PrimaryIps:
    """All primary IPs."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("primary_ip", PrimaryIp)

    def all(self) -> list[PrimaryIp]:
        """Every primary IP."""
        return list(self._table)

    def get(self, number: int) -> PrimaryIp:
        """The primary IP; raises NotFoundError."""
        address = self._table.get(number)
        if address is None:
            raise NotFoundError.thing("primary IP", number)
        return address

    def of(self, server_id: int, version: str) -> PrimaryIp | None:
        """The address of a version a server has."""
        for address in self._table:
            if address.assignee_id == server_id and address.type == version:
                return address
        return None

    def create(  # noqa: PLR0913 the fields of the request
        self,
        version: str,
        location: str,
        *,
        name: str | None = None,
        auto_delete: bool = False,
        assignee_id: int | None = None,
        labels: dict[str, str] | None = None,
    ) -> PrimaryIp:
        """Add an address; without a name it gets the one the API makes up."""
        number = self._cloud.state.next_id()
        address = self._with_ip(
            PrimaryIp(
                id=number,
                name=name or f"primary_ip-{number}",
                type=version,
                ip="",
                location=location,
                created=self._cloud.clock.stamp(),
                assignee_id=assignee_id,
                auto_delete=auto_delete,
                labels=labels or {},
            )
        )
        self._check_name(address)
        return self._table.put(address)

    def update(
        self,
        address: PrimaryIp,
        name: str | None,
        auto_delete: bool | None,
        labels: dict[str, str] | None,
    ) -> PrimaryIp:
        """Change what is not None."""
        changed = replace(
            address,
            name=address.name if name is None else name,
            auto_delete=address.auto_delete if auto_delete is None else auto_delete,
            labels=address.labels if labels is None else labels,
        )
        if changed.auto_delete and changed.delete_protection:
            raise InvalidInputError.field(
                "auto_delete", "a protected primary IP cannot be auto-deleted"
            )
        self._check_name(changed)
        return self._table.put(changed)

    def check_protectable(self, address: PrimaryIp, delete: bool) -> None:
        """Raise InvalidInputError where the protection would contradict `auto_delete`."""
        if delete and address.auto_delete:
            raise InvalidInputError.field(
                "delete", "an auto-deleted primary IP cannot be protected"
            )

    def protect(self, number: int, delete: bool) -> None:
        """Guard against deletion, or stop to."""
        self._table.put(replace(self.get(number), delete_protection=delete))

    def check_pointer(self, address: PrimaryIp, ip: str) -> None:
        """Raise InvalidInputError unless `ip` is the address, or in the network."""
        if not is_inside(ip, address.ip):
            raise InvalidInputError.field("ip", f"{ip!r} does not belong to the primary IP")

    def point(self, number: int, ip: str, name: str | None) -> None:
        """Set a reverse name; None resets that of an IPv4 address and removes one of IPv6."""
        address = self.get(number)
        if name is None and address.type == "ipv4":
            name = default_pointer(ip)
        kept = tuple(pointer for pointer in address.pointers if pointer.ip != ip)
        added = (Pointer(ip, name),) if name is not None else ()
        self._table.put(replace(address, pointers=kept + added))

    def check_usable(self, address: PrimaryIp, version: str, location: str) -> None:
        """Raise an error unless a new server may take the address."""
        if address.type != version:
            raise WrongVersionError(f"primary IP {address.id} is no {version} address")
        if address.assignee_id is not None:
            raise AssignedElsewhereError(f"primary IP {address.id} is already assigned")
        if address.location != location:
            raise WrongLocationError(f"primary IP {address.id} is in {address.location}")

    def check_assignable(self, version: str, location: str, server: Server) -> None:
        """Raise an error unless a server may get one more address."""
        if server.status != "off":
            raise ServerNotStoppedError("server must be stopped")
        if server.location != location:
            raise WrongLocationError(f"the server is in {server.location}")
        if self.of(server.id, version):
            raise ServerHasAddressError.version(version)

    def check_unassigned(self, address: PrimaryIp) -> None:
        """Raise AlreadyAssignedError where a server has it."""
        if address.assignee_id is not None:
            raise AlreadyAssignedError("primary IP is already assigned")

    def assign(self, number: int, owner: int | None, kind: str = "server") -> PrimaryIp:
        """Give the address to a server or load balancer, or to none."""
        return self._table.put(replace(self.get(number), assignee_id=owner, assignee_type=kind))

    def check_deletable(self, address: PrimaryIp) -> None:
        """Raise an error unless it can be deleted now."""
        if address.delete_protection:
            raise ProtectedError("Primary IP deletion is protected")
        if address.assignee_id is not None:
            raise MustBeUnassignedError("primary IP must be unassigned to be deleted")

    def delete(self, address: PrimaryIp) -> None:
        """Forget the address."""
        self._table.drop(address.id)

    def release(self, server_id: int) -> None:
        """Take the addresses of a server that is gone; those with `auto_delete` go too."""
        for address in self._table:
            if address.assignee_id == server_id:
                self.assign(address.id, None)
                if address.auto_delete:
                    self._table.drop(address.id)

    def _with_ip(self, address: PrimaryIp) -> PrimaryIp:
        if address.type == "ipv6":
            return replace(address, ip=self._cloud.addresses.next_ipv6())
        ip = self._cloud.addresses.next_ipv4(self._cloud.taken_addresses())
        return replace(address, ip=ip, pointers=(Pointer(ip, default_pointer(ip)),))

    def _check_name(self, address: PrimaryIp) -> None:
        if any(other.name == address.name and other.id != address.id for other in self._table):
            raise UniquenessError("primary IP name is already used", "name")

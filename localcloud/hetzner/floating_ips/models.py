"""Floating IPs and their rules.

A server has to bring up a floating IP itself, so the local cloud only keeps who has which.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.addresses import default_pointer
from localcloud.hetzner.errors import (
    ApiError,
    NotFoundError,
    ProtectedError,
    UniquenessError,
)
from localcloud.hetzner.primary_ips.errors import MustBeUnassignedError

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud


class FloatingIpAssignedError(ApiError):
    """Another server has it."""

    code = "floating_ip_assigned"


@dataclass(frozen=True)
class FloatingIp:
    """An IPv4 address or an IPv6 network that any server of its zone may be given."""

    id: int
    name: str
    type: str
    ip: str
    home_location: str
    created: str
    description: str | None = None
    server: int | None = None
    pointers: dict[str, str] = field(default_factory=dict)
    """Reverse names by address."""
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)


class FloatingIps:
    """All floating IPs."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("floating_ip", FloatingIp)

    def all(self) -> list[FloatingIp]:
        """Every floating IP."""
        return list(self._table)

    def get(self, number: int) -> FloatingIp:
        """The floating IP; raises NotFoundError."""
        address = self._table.get(number)
        if address is None:
            raise NotFoundError.thing("floating IP", number)
        return address

    def of(self, server_id: int) -> list[int]:
        """Ids of those a server has."""
        return [one.id for one in self._table if one.server == server_id]

    def create(self, address: FloatingIp) -> FloatingIp:
        """Add one, with an address nobody has."""
        if address.type == "ipv6":
            return self.put(replace(address, ip=self._cloud.addresses.next_ipv6()))
        ip = self._cloud.addresses.next_ipv4(self._cloud.taken_addresses())
        return self.put(replace(address, ip=ip, pointers={ip: default_pointer(ip)}))

    def put(self, address: FloatingIp) -> FloatingIp:
        """Write one down; the name has to be its own."""
        if any(one.name == address.name and one.id != address.id for one in self._table):
            raise UniquenessError("floating IP name is already used", "name")
        return self._table.put(address)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of one, if it is still there."""
        address = self._table.get(number)
        if address is not None:
            self._table.put(replace(address, **fields))  # type: ignore[arg-type]

    def release(self, server_id: int) -> None:
        """Take those of a server that is gone."""
        for number in self.of(server_id):
            self.change(number, server=None)

    def check_free(self, address: FloatingIp, server_id: int) -> None:
        """Raise FloatingIpAssignedError where another server has it."""
        if address.server not in {None, server_id}:
            raise FloatingIpAssignedError("floating IP is already assigned")

    def delete(self, address: FloatingIp) -> None:
        """Forget one nobody has."""
        if address.delete_protection:
            raise ProtectedError("Floating IP deletion is protected")
        if address.server is not None:
            raise MustBeUnassignedError("floating IP must be unassigned to be deleted")
        self._table.drop(address.id)

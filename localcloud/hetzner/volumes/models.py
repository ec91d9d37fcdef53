"""Volumes and their rules.

A container that runs cannot be given a disk, so a volume of the local cloud is attached in the
books only: `linux_device` names a path that is not there.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    ResourceInUseError,
    UniquenessError,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server

SMALLEST_GB, LARGEST_GB = 10, 10240


@dataclass(frozen=True)
class Volume:
    """A block device of its own."""

    id: int
    name: str
    size: int
    """GB."""
    location: str
    created: str
    format: str | None = None
    server: int | None = None
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def linux_device(self) -> str:
        """Where a server it is attached to would find it."""
        return f"/dev/disk/by-id/scsi-0HC_Volume_{self.id}"


class Volumes:
    """All volumes."""

    def __init__(self, cloud: Cloud) -> None:
        self._table = cloud.state.table("volume", Volume)

    def all(self) -> list[Volume]:
        """Every volume."""
        return list(self._table)

    def get(self, number: int) -> Volume:
        """The volume; raises NotFoundError."""
        volume = self._table.get(number)
        if volume is None:
            raise NotFoundError.thing("volume", number)
        return volume

    def of(self, server_id: int) -> list[int]:
        """Ids of the volumes a server has."""
        return [volume.id for volume in self._table if volume.server == server_id]

    def for_server(self, ids: Sequence[int], location: str) -> tuple[Volume, ...]:
        """The volumes a new server asks for; raises an error where it cannot have one."""
        found = []
        for number in dict.fromkeys(ids):
            volume = self._table.get(number)
            if volume is None:
                raise InvalidInputError.field("volumes", f"volume with ID '{number}' not found")
            self.check_attachable(volume, location)
            found.append(volume)
        return tuple(found)

    def create(self, volume: Volume) -> Volume:
        """Add a volume; the name has to be new."""
        self._check_name(volume)
        return self._table.put(volume)

    def update(self, volume: Volume, name: str | None, labels: dict[str, str] | None) -> Volume:
        """Change what is not None."""
        changed = replace(
            volume,
            name=volume.name if name is None else name,
            labels=volume.labels if labels is None else labels,
        )
        self._check_name(changed)
        return self._table.put(changed)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a volume, if it is still there."""
        volume = self._table.get(number)
        if volume is not None:
            self._table.put(replace(volume, **fields))  # type: ignore[arg-type]

    def attach(self, number: int, server_id: int | None) -> None:
        """Give a volume to a server, or to none."""
        self.change(number, server=server_id)

    def release(self, server_id: int) -> None:
        """Take the volumes of a server that is gone; their data stays."""
        for number in self.of(server_id):
            self.attach(number, None)

    def check_attachable(self, volume: Volume, location: str) -> None:
        """Raise an error unless a server in a location may get the volume."""
        if volume.server is not None:
            raise ResourceInUseError("volume is already attached to a server")
        if volume.location != location:
            raise InvalidInputError.field("server", f"the volume is in {volume.location}")

    def check_attached(self, volume: Volume) -> int:
        """Id of the server it is attached to; raises InvalidInputError."""
        if volume.server is None:
            raise InvalidInputError("volume is not attached to a server")
        return volume.server

    def check_size(self, size: int) -> None:
        """Raise InvalidInputError for a size that is not sold."""
        if not SMALLEST_GB <= size <= LARGEST_GB:
            raise InvalidInputError.field("size", f"has to be {SMALLEST_GB} to {LARGEST_GB} GB")

    def check_growth(self, volume: Volume, size: int) -> None:
        """Raise InvalidInputError unless the volume would grow."""
        self.check_size(size)
        if size <= volume.size:
            raise InvalidInputError.field("size", f"has to be more than {volume.size} GB")

    def delete(self, volume: Volume) -> None:
        """Forget a volume nobody has."""
        if volume.delete_protection:
            raise ProtectedError("Volume deletion is protected")
        if volume.server is not None:
            raise ResourceInUseError("volume is still attached to a server")
        self._table.drop(volume.id)

    def location_of(self, server: Server | None, location: str | None) -> str:
        """Where a new volume goes: to its server, or where it is asked for."""
        if (server is None) == (location is None):
            raise InvalidInputError.field("location", "is needed, or a server, but not both")
        return server.location if server is not None else str(location)

    def _check_name(self, volume: Volume) -> None:
        if any(other.name == volume.name and other.id != volume.id for other in self._table):
            raise UniquenessError("volume name is already used", "name")

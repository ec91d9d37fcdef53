"""Storage Boxes and their rules."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    UniquenessError,
)
from localcloud.hetzner.machines import MachineError
from localcloud.hetzner.storage_box_types.models import STORAGE_BOX_TYPES, StorageBoxType
from localcloud.hetzner.storage_boxes.spec import BoxSpec

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

DOMAIN = "your-storagebox.localcloud.test"
"""Where the real ones are at your-storagebox.de."""
_FIRST_USER = 500_001
_SHORTEST, _LONGEST = 12, 128
_GROUPS = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^A-Za-z0-9]")


@dataclass(frozen=True)
class AccessSettings:
    """Which ways in are open."""

    reachable_externally: bool = False
    samba_enabled: bool = False
    ssh_enabled: bool = False
    webdav_enabled: bool = False
    zfs_enabled: bool = False


@dataclass(frozen=True)
class SnapshotPlan:
    """When snapshots are taken; in the books only."""

    max_snapshots: int
    minute: int
    hour: int
    day_of_week: int | None = None
    day_of_month: int | None = None


@dataclass(frozen=True)
class StorageBox:
    """Space on somebody else's disks."""

    id: int
    name: str
    type: str
    location: str
    username: str
    password: str
    ssh_keys: tuple[str, ...]
    created: str
    access: AccessSettings = AccessSettings()
    plan: SnapshotPlan | None = None
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """Its host name."""
        return f"{self.username}.{DOMAIN}"

    @property
    def kind(self) -> StorageBoxType:
        """What was bought."""
        return next(kind for kind in STORAGE_BOX_TYPES if kind.name == self.type)


class StorageBoxes:
    """All Storage Boxes."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("storage_box", StorageBox)
        self._used: dict[int, int] = {}

    def all(self) -> list[StorageBox]:
        """Every box."""
        return list(self._table)

    def get(self, number: int) -> StorageBox:
        """The box; raises NotFoundError."""
        box = self._table.get(number)
        if box is None:
            raise NotFoundError.thing("storage box", number)
        return box

    def put(self, box: StorageBox) -> StorageBox:
        """Add or change a box; no other may have its name."""
        if any(other.name == box.name and other.id != box.id for other in self._table):
            raise UniquenessError("storage box name is already used", "name")
        return self._table.put(box)

    def change(self, number: int, **fields: object) -> StorageBox:
        """Change fields of a box."""
        return self._table.put(replace(self.get(number), **fields))  # type: ignore[arg-type]

    def new_username(self) -> str:
        """A user nobody had."""
        return f"u{self._cloud.state.counter('storage_box_user', _FIRST_USER)}"

    def spec(self, box: StorageBox) -> BoxSpec:
        """The box as its host has to be."""
        return BoxSpec(
            id=box.id,
            host=box.server,
            username=box.username,
            password=box.password,
            ssh_keys=box.ssh_keys,
            reachable=box.access.ssh_enabled and box.access.reachable_externally,
            trouble=self._cloud.knobs.storage_boxes,
        )

    async def apply(self, number: int) -> None:
        """Make the host of a box what the books say; raises MachineError."""
        spec = self.spec(self.get(number))
        await self._cloud.in_thread(self._cloud.machines.apply_storage_box, spec)

    async def apply_all(self) -> None:
        """The same for every box: a knob was turned, or the process has just started."""
        for box in self.all():
            await self.apply(box.id)

    async def used(self, box: StorageBox) -> int:
        """Bytes in a box; what its host told last where it does not tell now."""
        with contextlib.suppress(MachineError):
            told = self._cloud.machines.storage_box_used
            self._used[box.id] = await self._cloud.in_thread(told, box.id)
        return self._used.get(box.id, 0)

    async def remove(self, number: int) -> None:
        """Delete a box with all that is in it."""
        await self._cloud.in_thread(self._cloud.machines.delete_storage_box, number)
        self._table.drop(number)
        self._used.pop(number, None)
        self._cloud.box_snapshots.forget(number)
        self._cloud.subaccounts.forget(number)

    def check_deletable(self, box: StorageBox) -> None:
        """Raise ProtectedError for a box that is protected."""
        if box.delete_protection:
            raise ProtectedError("Storage Box deletion is protected")


def check_password(password: str) -> None:
    """Raise InvalidInputError for a password the vendor's policy refuses."""
    groups = all(re.search(group, password) for group in _GROUPS)
    if not groups or not _SHORTEST <= len(password) <= _LONGEST:
        raise InvalidInputError.field(
            "password",
            f"has to have {_SHORTEST} to {_LONGEST} characters, with upper and lower case, digits "
            "and special characters",
        )

"""Snapshots and subaccounts of Storage Boxes; in the books only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Generic, TypeVar

from localcloud.hetzner.errors import InvalidInputError, NotFoundError, UniquenessError
from localcloud.hetzner.storage_boxes.models import DOMAIN, AccessSettings, check_password

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.storage_boxes.models import StorageBox
    from localcloud.state import Table

MOST_SNAPSHOTS = 10
MOST_SUBACCOUNTS = 100


@dataclass(frozen=True)
class BoxSnapshot:
    """A box as it was."""

    id: int
    box: int
    name: str
    created: str
    size: int
    description: str = ""
    is_automatic: bool = False
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Subaccount:
    """A user who sees one folder of a box."""

    id: int
    box: int
    name: str
    username: str
    password: str = field(repr=False)
    home_directory: str
    created: str
    access: AccessSettings = field(default_factory=AccessSettings)
    readonly: bool = False
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def server(self) -> str:
        """Its host name."""
        return f"{self.username}.{DOMAIN}"


P = TypeVar("P", bound="BoxSnapshot | Subaccount")


class _Parts(Generic[P]):
    """Things that belong to a box."""

    noun = ""

    def __init__(self, cloud: Cloud, table: Table[P]) -> None:
        self._cloud = cloud
        self._table = table

    def of(self, box: int) -> list[P]:
        """All of a box."""
        return [one for one in self._table if one.box == box]

    def get(self, box: int, number: int) -> P:
        """One of a box; raises NotFoundError."""
        found = self._table.get(number)
        if found is None or found.box != box:
            raise NotFoundError.thing(self.noun, number)
        return found

    def put(self, one: P) -> P:
        """Add or change one."""
        return self._table.put(one)

    def drop(self, number: int) -> None:
        """Forget one."""
        self._table.drop(number)

    def forget(self, box: int) -> None:
        """Forget all of a box that is gone."""
        for one in self.of(box):
            self._table.drop(one.id)


class Snapshots(_Parts[BoxSnapshot]):
    """All snapshots."""

    noun = "storage box snapshot"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud, cloud.state.table("storage_box_snapshot", BoxSnapshot))

    def take(self, box: StorageBox, size: int, description: str, labels: dict[str, str]) -> int:
        """Write a new one down; returns its id."""
        if len(self.of(box.id)) >= MOST_SNAPSHOTS:
            raise InvalidInputError(f"a storage box of this type has {MOST_SNAPSHOTS} snapshots")
        now = self._cloud.clock.now()
        number = self._cloud.state.next_id()
        name, stamp = f"{now:%Y-%m-%dT%H-%M-%S}", self._cloud.clock.stamp()
        made = BoxSnapshot(number, box.id, name, stamp, size, description, labels=labels)
        return self.put(made).id

    def find(self, box: int, key: int | str) -> BoxSnapshot:
        """One of a box by id or name; raises InvalidInputError."""
        for one in self.of(box):
            if str(key) in {str(one.id), one.name}:
                return one
        raise InvalidInputError.field("snapshot", f"snapshot {key!r} not found")


class Subaccounts(_Parts[Subaccount]):
    """All subaccounts."""

    noun = "storage box subaccount"

    def __init__(self, cloud: Cloud) -> None:
        super().__init__(cloud, cloud.state.table("storage_box_subaccount", Subaccount))

    def add(self, box: StorageBox, account: Subaccount) -> Subaccount:
        """Add one, with the user name that follows; raises InvalidInputError."""
        known = self.of(box.id)
        if len(known) >= MOST_SUBACCOUNTS:
            raise InvalidInputError(f"a storage box has at most {MOST_SUBACCOUNTS} subaccounts")
        check_password(account.password)
        check_home(account.home_directory)
        number = max((int(one.username.rpartition("-sub")[2]) for one in known), default=0) + 1
        username = f"{box.username}-sub{number}"
        named = replace(account, username=username, name=account.name or username)
        self.check_name(named)
        return self.put(named)

    def check_name(self, account: Subaccount) -> None:
        """Raise UniquenessError where another of the box has the name."""
        others = [one for one in self.of(account.box) if one.id != account.id]
        if any(one.name == account.name for one in others):
            raise UniquenessError("storage box subaccount name is already used", "name")


def check_home(path: str) -> None:
    """Raise InvalidInputError for a folder that is none inside the box."""
    if path.startswith("/") or ".." in path.split("/") or not path:
        raise InvalidInputError.field("home_directory", "has to be a folder, without / before it")

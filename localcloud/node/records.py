"""What is remembered of each machine besides its container, in `<home>/machines/<id>.json`.

The container keeps the disk and the size; here is what changes while it runs and must outlive a
restart of the local cloud: the public address, the firewall, and whether it should be on.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from localcloud.hetzner.machines import InboundRule, Leg
from localcloud.node.ca import write_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_SECRET = 0o600


@dataclass(frozen=True)
class Record:
    """One machine."""

    address: str | None
    rules: tuple[InboundRule, ...] | None = None
    on: bool = False
    """Whether it should be running."""
    generation: int = 1
    """Counts rebuilds, so that cloud-init takes a fresh disk for a fresh machine."""
    legs: tuple[Leg, ...] = ()
    """Its interfaces in private networks, whose addresses go with every power cut."""


class Records:
    """The records of one instance; every change is written at once."""

    def __init__(self, folder: Path) -> None:
        """`folder` is made when the first record is kept."""
        self._folder = folder
        self._records: dict[int, Record] = dict(_read_all(folder))

    def __iter__(self) -> Iterator[tuple[int, Record]]:
        return iter(tuple(self._records.items()))

    def get(self, server_id: int) -> Record | None:
        """The record of a machine, if there is one."""
        return self._records.get(server_id)

    def put(self, server_id: int, record: Record) -> Record:
        """Keep a record."""
        self._records[server_id] = record
        content = json.dumps(asdict(record), indent=1).encode()
        write_file(self._path(server_id), content, _SECRET)
        return record

    def change(self, server_id: int, **values: Any) -> Record | None:  # noqa: ANN401 - fields
        """Change fields of a record; None if there is no such machine."""
        record = self._records.get(server_id)
        return self.put(server_id, replace(record, **values)) if record else None

    def drop(self, server_id: int) -> None:
        """Forget a machine."""
        self._records.pop(server_id, None)
        self._path(server_id).unlink(missing_ok=True)

    def _path(self, server_id: int) -> Path:
        return self._folder / f"{server_id}.json"


def _read_all(folder: Path) -> list[tuple[int, Record]]:
    if not folder.is_dir():
        return []
    return [(int(path.stem), _read(path)) for path in sorted(folder.glob("*.json"))]


def _read(path: Path) -> Record:
    data = json.loads(path.read_text())
    rules = data.pop("rules")
    parsed = None if rules is None else tuple(_rule(rule) for rule in rules)
    legs = tuple(_leg(leg) for leg in data.pop("legs", []))
    return Record(rules=parsed, legs=legs, **data)


def _leg(data: dict[str, Any]) -> Leg:
    aliases = tuple(data.pop("aliases"))
    routes = tuple((destination, gateway) for destination, gateway in data.pop("routes"))
    return Leg(aliases=aliases, routes=routes, **data)


def _rule(data: dict[str, Any]) -> InboundRule:
    first, last = data["ports"]
    return InboundRule(data["protocol"], (first, last), tuple(data["sources"]))

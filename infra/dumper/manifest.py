"""What a dump has to hold: written beside it, and compared with what comes back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from infra.dumper.errors import CorruptDumpError

NAME, ROLES = "manifest.json", "roles.sql"
FOLDER = "/var/lib/nutri/dumps/manifest"


@dataclass(frozen=True)
class Manifest:
    """One dump."""

    run: str
    at: str
    """The moment it shows, in UTC."""
    database: str
    major: int
    tables: dict[str, int]
    extensions: list[dict[str, Any]]
    schemas: list[str]
    canary: str | None
    size: int
    sha256: str
    seconds: float = 0.0

    @property
    def rows(self) -> int:
        """Rows of all tables."""
        return sum(self.tables.values())

    def text(self) -> str:
        """As it is kept."""
        return json.dumps(asdict(self), indent=2, sort_keys=True)

    def brief(self) -> dict[str, Any]:
        """What a list shows of it."""
        return {
            "run": self.run,
            "at": self.at,
            "database": self.database,
            "tables": len(self.tables),
            "rows": self.rows,
            "size": self.size,
            "canary": self.canary,
        }


def parse(text: str) -> Manifest:
    """Read a manifest; raises CorruptDumpError."""
    try:
        return Manifest(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise CorruptDumpError(f"its manifest cannot be read: {error}") from None


def differences(wanted: dict[str, int], found: dict[str, int]) -> list[str]:
    """Where rows are not those of the manifest, table by table."""
    return [
        f"{name} has {found.get(name, 'no')} rows instead of {wanted.get(name, 'no')}"
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]

"""What a dump has to hold: written beside it, and compared with what comes back."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from agent.dumps.errors import CorruptDumpError
from agent.dumps.vendor import MANAGED

NAME, ROLES, CATALOGUE = "manifest.json", "roles.sql", "catalogue.json"
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
    managed: list[str] = field(default_factory=lambda: list(MANAGED))
    """Schemas of the vendor's, which are not in it."""
    hanging: list[dict[str, Any]] = field(default_factory=list)
    """What of the app's hangs on the vendor's objects."""
    keys: list[dict[str, str]] = field(default_factory=list)
    """Foreign keys into the vendor's tables."""
    loose: list[dict[str, str]] = field(default_factory=list)
    """Foreign tables, and views that see them."""
    carried: dict[str, dict[str, Any]] = field(default_factory=dict)
    """The vendor's tables whose rows are in it."""
    left_out: list[str] = field(default_factory=list)
    checks: list[dict[str, str]] = field(default_factory=list)
    """Checks by functions of the app's: these may look into tables whose rows come later."""
    search_path: str = ""
    """Where functions of the app's find what they do not name in full."""
    note: str = ""
    """What could not be done beforehand, such as the canary of a database that is read-only."""

    @property
    def not_held(self) -> list[str]:
        """What a restore from it lacks, a line each."""
        unread = [f"{t}: {one['problem']}" for t, one in self.carried.items() if "problem" in one]
        return [*unread, *self.left_out, *([self.note] if self.note else [])]

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
            "not_held": self.not_held,
        }


def parse(text: str) -> Manifest:
    """Read a manifest; raises CorruptDumpError."""
    try:
        return Manifest(**json.loads(text))
    except (ValueError, TypeError) as error:
        raise CorruptDumpError(f"its manifest cannot be read: {error}") from None


def carried_file(table: str) -> str:
    """Where the rows of one of the vendor's tables are kept, beside the manifest."""
    return f"{table}.copy.gz"


def differences(wanted: dict[str, int], found: dict[str, int]) -> list[str]:
    """Where rows are not those of the manifest, table by table."""
    return [
        f"{name} has {found.get(name, 'no')} rows instead of {wanted.get(name, 'no')}"
        for name in sorted({*wanted, *found})
        if wanted.get(name) != found.get(name)
    ]

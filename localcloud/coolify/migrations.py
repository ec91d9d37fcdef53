"""Brings the database to this version's tables."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

from localcloud.coolify import VERSION

if TYPE_CHECKING:
    from localcloud.coolify.database import Database

_STEPS = ("schema_core.sql", "schema_applications.sql", "schema_storages.sql")
_LATER = ("schema_later.sql",)
"""Of every version after the first one that is played."""


class NewerDatabaseError(RuntimeError):
    """A later version has migrated this database, and there is no way back."""


def migrate(db: Database, version: str = VERSION) -> tuple[str, ...]:
    """Run the steps this database has not seen; returns their names.

    Raises:
        NewerDatabaseError: a later version was here.
    """
    db.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "id serial PRIMARY KEY, migration varchar(255) UNIQUE NOT NULL, batch integer NOT NULL)"
    )
    steps = _STEPS if version == VERSION else _STEPS + _LATER
    seen = {str(row["migration"]) for row in db.all("SELECT migration FROM migrations")}
    if beyond := sorted(seen - set(steps)):
        raise NewerDatabaseError(f"the database was migrated by a later version: {beyond[0]}")
    return tuple(step for step in steps if _apply(db, step))


def _apply(db: Database, step: str) -> bool:
    sql = files("localcloud.coolify").joinpath(step).read_text(encoding="utf-8")
    with db.connection() as connection:
        mark = connection.execute(
            "INSERT INTO migrations (migration, batch) VALUES (%s, 1) ON CONFLICT DO NOTHING",
            (step,),
        )
        if mark.rowcount == 0:
            return False
        connection.execute(sql.encode())
        return True

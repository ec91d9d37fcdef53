"""Brings the database to this version's tables."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.coolify.database import Database

_STEPS = ("schema_core.sql", "schema_applications.sql", "schema_storages.sql")


def migrate(db: Database) -> tuple[str, ...]:
    """Run the steps this database has not seen; returns their names."""
    db.execute(
        "CREATE TABLE IF NOT EXISTS migrations ("
        "id serial PRIMARY KEY, migration varchar(255) UNIQUE NOT NULL, batch integer NOT NULL)"
    )
    return tuple(step for step in _STEPS if _apply(db, step))


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

"""Rows of tags and what they are on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.identifiers import new_public_id

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

SHOWN = "uuid, name, created_at, updated_at"
_APPLICATION = "App\\Models\\Application"


def by_name(db: Database, team_id: int, name: str) -> Row | None:
    """A team's tag by name, whatever the case."""
    return db.one("SELECT * FROM tags WHERE team_id = %s AND name = %s", (team_id, name.lower()))


def obtain(db: Database, team_id: int, name: str) -> Row:
    """The tag of this name, made if it is new."""
    found = by_name(db, team_id, name)
    values = {"uuid": new_public_id(), "name": name.lower(), "team_id": team_id}
    return found or db.insert("tags", values)


def attach(db: Database, team_id: int, app: Row, name: str) -> Row:
    """Put a tag on an application; doing it twice is no error."""
    tag = obtain(db, team_id, name)
    db.execute(
        "INSERT INTO taggables (tag_id, taggable_id, taggable_type) VALUES (%s, %s, %s) "
        "ON CONFLICT DO NOTHING",
        (tag["id"], app["id"], _APPLICATION),
    )
    return tag


def shown(tag: Row) -> Row:
    """A tag as the API shows it."""
    return {name.strip(): tag[name.strip()] for name in SHOWN.split(",")}


def forget_unused(db: Database, tag: Row) -> None:
    """Remove a tag nothing has any more."""
    query = "SELECT 1 FROM taggables WHERE tag_id = %s LIMIT 1"
    if db.scalar(query, (tag["id"],)) is None:
        db.delete("tags", tag["id"])


def of_application(db: Database, app: Row) -> list[Row]:
    """An application's tags by name."""
    columns = ", ".join(f"tags.{name.strip()}" for name in SHOWN.split(","))
    return db.all(
        f"SELECT {columns} FROM tags JOIN taggables ON taggables.tag_id = tags.id "
        "WHERE taggable_id = %s ORDER BY tags.name",
        (app["id"],),
    )


def applications(db: Database, tag: Row) -> list[Row]:
    """The applications with a tag, oldest first."""
    return db.all(
        "SELECT applications.* FROM applications JOIN taggables "
        "ON taggables.taggable_id = applications.id "
        "WHERE taggables.tag_id = %s AND applications.deleted_at IS NULL ORDER BY applications.id",
        (tag["id"],),
    )

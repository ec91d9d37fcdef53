"""Rows of persistent volumes of applications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.errors import NotFoundError

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

_TABLE = "local_persistent_volumes"


def of_application(db: Database, app: Row) -> list[Row]:
    """An application's volumes, oldest first."""
    return db.all(f"SELECT * FROM {_TABLE} WHERE resource_id = %s ORDER BY id", (app["id"],))


def by_uuid(db: Database, app: Row, uuid: str) -> Row:
    """One of them; raises NotFoundError."""
    for row in of_application(db, app):
        if row["uuid"] == uuid:
            return row
    raise NotFoundError("Storage not found.")


def create(db: Database, app: Row, uuid: str, fields: dict[str, str | None]) -> Row:
    """A volume more; its name begins with the application's uuid, so that no two are the same."""
    values = {
        "uuid": uuid,
        "name": f"{app['uuid']}-{fields['name']}",
        "mount_path": fields["mount_path"],
        "host_path": fields.get("host_path"),
        "resource_id": app["id"],
    }
    return db.insert(_TABLE, values)


def change(db: Database, row: Row, values: dict[str, object]) -> Row:
    """Change it; what is there on the server stays as it is."""
    return db.update(_TABLE, row["id"], values)


def delete(db: Database, row: Row) -> None:
    """Forget it; Docker's volume stays on the server."""
    db.delete(_TABLE, row["id"])


def mounts(rows: list[Row]) -> tuple[str, ...]:
    """What Docker mounts where: a folder of the server, or a volume by its name."""
    return tuple(f"{row['host_path'] or row['name']}:{row['mount_path']}" for row in rows)

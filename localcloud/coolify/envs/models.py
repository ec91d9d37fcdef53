"""Rows of environment variables of applications."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from localcloud.coolify.errors import NotFoundError
from localcloud.coolify.identifiers import new_public_id

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row
    from localcloud.coolify.settings import CoolifySettings

FLAG_DEFAULTS = {
    "is_literal": False,
    "is_multiline": False,
    "is_shown_once": False,
    "is_runtime": True,
    "is_buildtime": True,
}
_ESCAPES = {"\\": "\\\\", "\r": "\\r", "\t": "\\t", "\0": "\\0", '"': '\\"', "'": "\\'"}


def of_application(db: Database, app: Row, *, preview: bool) -> list[Row]:
    """An application's variables, oldest first: the normal ones or the preview twins."""
    query = "SELECT * FROM environment_variables WHERE resourceable_id = %s AND is_preview = %s"
    return db.all(f"{query} ORDER BY id", (app["id"], preview))


def by_key(db: Database, app: Row, key: str, *, preview: bool) -> Row | None:
    """One variable by key, or None."""
    return db.one(
        "SELECT * FROM environment_variables "
        "WHERE resourceable_id = %s AND key = %s AND is_preview = %s",
        (app["id"], key, preview),
    )


def by_uuid(db: Database, app: Row, uuid: str) -> Row:
    """One variable by uuid; raises NotFoundError."""
    query = "SELECT * FROM environment_variables WHERE resourceable_id = %s AND uuid = %s"
    row = db.one(query, (app["id"], uuid))
    if row is None:
        raise NotFoundError("Environment variable not found.")
    return row


def create(db: Database, settings: CoolifySettings, app: Row, fields: dict[str, Any]) -> Row:
    """A variable; one that is no preview gets its preview twin, if there is none yet."""
    preview = bool(fields.get("is_preview"))
    row = _insert(db, settings, app, fields, preview=preview)
    if not preview and by_key(db, app, fields["key"], preview=True) is None:
        twin = {**fields, "is_shown_once": False}
        _insert(db, settings, app, twin, preview=True)
    return row


def change(db: Database, row: Row, fields: dict[str, Any]) -> Row:
    """Change a variable the way a PATCH does.

    What is left out is not kept: the value is cleared and the flag is_literal reset, while
    is_multiline and is_shown_once become null, which the columns refuse.
    """
    values: dict[str, Any] = {
        "value": fields.get("value"),
        "is_literal": bool(fields.get("is_literal")),
    }
    for name in ("is_multiline", "is_shown_once"):
        if row[name] or fields.get(name) is not None:
            values[name] = fields.get(name)
    kept = ("is_runtime", "is_buildtime", "comment")
    values |= {name: fields[name] for name in kept if name in fields}
    return db.update("environment_variables", row["id"], values)


def real_value(row: Row) -> str | None:
    """The value as it is written into the container's env file."""
    value = row["value"]
    if value is None or _is_json_container(value):
        return value  # type: ignore[no-any-return]
    if row["is_literal"] or row["is_multiline"]:
        return f"'{value}'"
    return "".join(_ESCAPES.get(char, char) for char in value)


def shown(row: Row, *, secrets: bool) -> dict[str, Any]:
    """A variable as the API shows it; what is shown once is never shown again."""
    hidden = {"id", "resourceable_type", "resourceable_id", "order"}
    visible = {key: value for key, value in row.items() if key not in hidden}
    value = row["value"] or ""
    extra: dict[str, Any] = {
        "is_shared": value.startswith("{{") and value.endswith("}}"),
        "is_coolify": row["key"].startswith("SERVICE_"),
        "is_really_required": row["is_required"] and not value,
        "is_buildpack_control": row["key"].startswith(("NIXPACKS_", "RAILPACK_")),
    }
    if secrets and not row["is_shown_once"]:
        return {**visible, **extra, "real_value": real_value(row)}
    del visible["value"]
    return {**visible, **extra}


def _insert(
    db: Database, settings: CoolifySettings, app: Row, fields: dict[str, Any], *, preview: bool
) -> Row:
    flags = {
        name: default if fields.get(name) is None else fields[name]
        for name, default in FLAG_DEFAULTS.items()
    }
    values = {
        "uuid": new_public_id(),
        "key": fields["key"],
        "value": fields.get("value"),
        "comment": fields.get("comment"),
        "is_preview": preview,
        "version": settings.version,
        "resourceable_id": app["id"],
        **flags,
    }
    return db.insert("environment_variables", values)


def _is_json_container(value: str) -> bool:
    if not value.startswith(("{", "[")):
        return False
    try:
        json.loads(value)
    except ValueError:
        return False
    return True

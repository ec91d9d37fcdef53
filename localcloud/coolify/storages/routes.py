"""/applications/{uuid}/storages: persistent volumes; files are none of the double's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import models as applications
from localcloud.coolify.call import Endpoint, Fields, Reply
from localcloud.coolify.errors import ConflictError, ValidationFailedError
from localcloud.coolify.identifiers import new_public_id
from localcloud.coolify.storages import models
from localcloud.coolify.validation import boolean, integer, one_of, text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_NAME = r"[a-zA-Z0-9][a-zA-Z0-9._-]*"
_FOLDER = r"/[^\s:$`;&|<>\"']*"
_FIELDS = {
    "type": one_of("persistent", "file"),
    "name": text(most=255, pattern=_NAME),
    "mount_path": text(most=255, pattern=_FOLDER),
    "host_path": text(nullable=True, most=255, pattern=_FOLDER),
}
_CREATE = {
    **_FIELDS,
    "type": one_of("persistent", "file", required=True),
    "mount_path": text(required=True, most=255, pattern=_FOLDER),
}
_CHANGE = {
    **_FIELDS,
    "type": one_of("persistent", "file", required=True),
    "uuid": text(),
    "id": integer(),
    "is_preview_suffix_enabled": boolean(),
}
_CHANGED = ("mount_path", "host_path", "is_preview_suffix_enabled")


def listing(call: Call) -> dict[str, list[dict[str, Any]]]:
    """The application's volumes."""
    rows = models.of_application(call.coolify.db, _application(call))
    return {"persistent_storages": [_shown(row) for row in rows], "file_storages": []}


def create(call: Call) -> Reply:
    """A volume more, there from the next deployment on."""
    fields, app = call.json(), _application(call)
    validate(fields, _CREATE)
    _refuse_files(fields)
    if not fields.get("name"):
        raise ValidationFailedError({"name": ["The name field is required."]})
    db = call.coolify.db
    if any(row["name"] == f"{app['uuid']}-{fields['name']}" for row in _rows(call, app)):
        raise ConflictError("A storage of this name exists.")
    return Reply(_shown(models.create(db, app, new_public_id(), fields)), 201)


def update(call: Call) -> dict[str, Any]:
    """Change a volume, named by its uuid."""
    fields, app = call.json(), _application(call)
    validate(fields, _CHANGE)
    _refuse_files(fields)
    db = call.coolify.db
    row = models.by_uuid(db, app, str(fields.get("uuid")))
    values = {name: fields[name] for name in _CHANGED if name in fields}
    return _shown(models.change(db, row, values))


def delete(call: Call) -> dict[str, str]:
    """Forget a volume; what is on it stays on the server."""
    app, db = _application(call), call.coolify.db
    models.delete(db, models.by_uuid(db, app, call.path["storage_uuid"]))
    return {"message": "Storage deleted."}


def _refuse_files(fields: Fields) -> None:
    if fields["type"] == "file":
        raise ValidationFailedError({"type": ["The double knows persistent volumes alone."]})


def _rows(call: Call, app: Row) -> list[Row]:
    return models.of_application(call.coolify.db, app)


def _application(call: Call) -> Row:
    return applications.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _shown(row: Row) -> dict[str, Any]:
    return {name: value for name, value in row.items() if name != "resource_id"}


_ALL = "/applications/{uuid}/storages"
ENDPOINTS = (
    Endpoint("GET", _ALL, "read", listing),
    Endpoint("POST", _ALL, "write", create),
    Endpoint("PATCH", _ALL, "write", update),
    Endpoint("DELETE", _ALL + "/{storage_uuid}", "write", delete),
)

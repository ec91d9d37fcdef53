"""/applications/{uuid}/envs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import models as applications
from localcloud.coolify.call import Endpoint, Fields, Reply, truthy
from localcloud.coolify.envs import models
from localcloud.coolify.errors import (
    BadRequestError,
    ConflictError,
    NotFoundError,
    ValidationFailedError,
)
from localcloud.coolify.validation import boolean, problems, text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_FLAGS = ("is_preview", *models.FLAG_DEFAULTS)
_RULES = {
    "key": text(required=True, most=255, pattern=r"[A-Za-z_][A-Za-z0-9_.]*"),
    "value": text(nullable=True),
    "comment": text(nullable=True, most=256),
    **{name: boolean() for name in _FLAGS},
}


def listing(call: Call) -> list[dict[str, Any]]:
    """The application's variables, then their preview twins."""
    app, db = _application(call), call.coolify.db
    rows = [
        row for preview in (False, True) for row in models.of_application(db, app, preview=preview)
    ]
    return [_shown(call, row) for row in rows]


def create(call: Call) -> Reply:
    """A new variable."""
    app = _application(call)
    fields = call.input()
    validate(fields, _RULES)
    fields = _with_booleans(fields)
    preview = bool(fields.get("is_preview"))
    if models.by_key(call.coolify.db, app, fields["key"], preview=preview):
        raise ConflictError("Environment variable already exists. Use PATCH request to update it.")
    row = models.create(call.coolify.db, call.coolify.settings, app, fields)
    return Reply({"uuid": row["uuid"]}, 201)


def update(call: Call) -> Reply:
    """Change a variable by key; a value that is not sent is cleared."""
    fields = call.json()
    app = _application(call)
    validate(fields, _RULES)
    fields = _with_booleans(fields)
    preview = bool(fields.get("is_preview"))
    row = models.by_key(call.coolify.db, app, fields["key"], preview=preview)
    if row is None:
        raise NotFoundError("Environment variable not found.")
    return Reply(_shown(call, models.change(call.coolify.db, row, fields)), 201)


def update_bulk(call: Call) -> Reply:
    """Create or change one after the other; never removes, stops at the first bad one."""
    data = call.json().get("data")
    app = _application(call)
    if not data:
        raise BadRequestError("Bulk data is required.")
    return Reply([_shown(call, _upsert(call, app, item)) for item in data], 201)


def delete(call: Call) -> dict[str, str]:
    """Remove one variable; its preview twin stays."""
    app, db = _application(call), call.coolify.db
    db.delete("environment_variables", models.by_uuid(db, app, call.path["env_uuid"])["id"])
    return {"message": "Environment variable deleted."}


def _upsert(call: Call, app: Row, item: Fields) -> Row:
    known = {key: value for key, value in item.items() if key in _RULES}
    errors = problems(known, _RULES)
    if errors:
        raise ValidationFailedError(errors)
    fields = _with_booleans(known)
    preview = bool(fields.get("is_preview"))
    row = models.by_key(call.coolify.db, app, fields["key"], preview=preview)
    if row is None:
        return models.create(call.coolify.db, call.coolify.settings, app, fields)
    return models.change(call.coolify.db, row, fields)


def _with_booleans(fields: Fields) -> Fields:
    flags = {name: truthy(fields[name]) for name in _FLAGS if fields.get(name) is not None}
    return {**fields, **flags}


def _application(call: Call) -> Row:
    return applications.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return models.shown(row, secrets=call.token.sees_secrets)


_ALL = "/applications/{uuid}/envs"
ENDPOINTS = (
    Endpoint("GET", _ALL, "read", listing),
    Endpoint("POST", _ALL, "write", create),
    Endpoint("PATCH", _ALL, "write", update),
    Endpoint("PATCH", f"{_ALL}/bulk", "write", update_bulk),
    Endpoint("DELETE", _ALL + "/{env_uuid}", "write", delete),
)

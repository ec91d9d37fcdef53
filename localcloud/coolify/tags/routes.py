"""/tags, and the tags of an application."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.applications import models as applications
from localcloud.coolify.call import Endpoint, Reply
from localcloud.coolify.errors import ConflictError, NotFoundError, ValidationFailedError
from localcloud.coolify.tags import models
from localcloud.coolify.validation import array, text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_CREATE = {"name": text(required=True, most=255)}
_ATTACH = {"tag_name": text(most=255), "tag_names": array()}
_SHORTEST = 2


def listing(call: Call) -> list[Row]:
    """Every tag of the team."""
    query = f"SELECT {models.SHOWN} FROM tags WHERE team_id = %s ORDER BY name"
    return call.coolify.db.all(query, (call.token.team_id,))


def create(call: Call) -> Reply:
    """A new tag."""
    fields = call.json()
    validate(fields, _CREATE)
    if models.by_name(call.coolify.db, call.token.team_id, fields["name"]):
        raise ConflictError("Tag already exists.")
    row = models.obtain(call.coolify.db, call.token.team_id, fields["name"])
    return Reply(models.shown(row), 201)


def update(call: Call) -> Row:
    """Rename a tag."""
    fields = call.json()
    validate(fields, _CREATE)
    tag = _tag(call, "uuid")
    named = models.by_name(call.coolify.db, call.token.team_id, fields["name"])
    if named is not None and named["id"] != tag["id"]:
        raise ConflictError("Tag already exists.")
    row = call.coolify.db.update("tags", tag["id"], {"name": fields["name"].lower()})
    return models.shown(row)


def delete(call: Call) -> dict[str, str]:
    """Remove a tag everywhere."""
    call.coolify.db.delete("tags", _tag(call, "uuid")["id"])
    return {"message": "Tag deleted."}


def of_application(call: Call) -> list[Row]:
    """The tags of an application."""
    return models.of_application(call.coolify.db, _application(call))


def attach(call: Call) -> Reply:
    """Put tags on an application, making the new ones; answers with all it has now."""
    fields = call.json()
    validate(fields, _ATTACH)
    names = fields.get("tag_names") or [fields.get("tag_name")]
    if len([name for name in ("tag_name", "tag_names") if fields.get(name)]) != 1:
        message = "Provide either tag_name or tag_names, not both."
        raise ValidationFailedError({"tag_name": [message]})
    if any(len(str(name)) < _SHORTEST for name in names):
        raise ValidationFailedError({"tag_name": ["Each tag name must be at least 2 characters."]})
    app = _application(call)
    for name in names:
        models.attach(call.coolify.db, call.token.team_id, app, name)
    return Reply(models.of_application(call.coolify.db, app), 201)


def detach(call: Call) -> dict[str, str]:
    """Take a tag off an application."""
    app, tag = _application(call), _tag(call, "tag_uuid")
    query = "DELETE FROM taggables WHERE tag_id = %s AND taggable_id = %s"
    if call.coolify.db.execute(query, (tag["id"], app["id"])) == 0:
        raise NotFoundError("Tag not found on resource.")
    models.forget_unused(call.coolify.db, tag)
    return {"message": "Tag removed."}


def _application(call: Call) -> Row:
    return applications.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _tag(call: Call, parameter: str) -> Row:
    query = "SELECT * FROM tags WHERE uuid = %s AND team_id = %s"
    row = call.coolify.db.one(query, (call.path[parameter], call.token.team_id))
    if row is None:
        raise NotFoundError("Tag not found.")
    return row


ENDPOINTS = (
    Endpoint("GET", "/tags", "read", listing),
    Endpoint("POST", "/tags", "write", create),
    Endpoint("PATCH", "/tags/{uuid}", "write", update),
    Endpoint("DELETE", "/tags/{uuid}", "write", delete),
    Endpoint("GET", "/applications/{uuid}/tags", "read", of_application),
    Endpoint("POST", "/applications/{uuid}/tags", "write", attach),
    Endpoint("DELETE", "/applications/{uuid}/tags/{tag_uuid}", "write", detach),
)

"""/security/keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.call import Endpoint, Reply
from localcloud.coolify.errors import UnprocessableError
from localcloud.coolify.keys import models
from localcloud.coolify.validation import text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call

_RULES = {
    "name": text(most=255),
    "description": text(nullable=True, most=255),
    "private_key": text(required=True),
}


def listing(call: Call) -> list[dict[str, Any]]:
    """Every key of the team."""
    rows = call.coolify.db.all(
        "SELECT * FROM private_keys WHERE team_id = %s ORDER BY id", (call.token.team_id,)
    )
    return [models.shown(row, secrets=call.token.sees_secrets) for row in rows]


def by_uuid(call: Call) -> dict[str, Any]:
    """One key."""
    row = models.find(call.coolify.db, call.token.team_id, call.path["uuid"])
    return models.shown(row, secrets=call.token.sees_secrets)


def create(call: Call) -> Reply:
    """Keep a key."""
    fields = call.json()
    validate(fields, _RULES)
    name = fields.get("name") or "Created by Coolify"
    row = models.store(
        call.coolify.db, call.token.team_id, fields["private_key"], name, fields.get("description")
    )
    return Reply({"uuid": row["uuid"]}, 201)


def update(call: Call) -> Reply:
    """Change a key; its text has to be sent again."""
    fields = call.json()
    validate(fields, _RULES)
    row = models.find(call.coolify.db, call.token.team_id, call.path["uuid"])
    private = fields.pop("private_key")
    return Reply({"uuid": models.change(call.coolify.db, row, private, fields)["uuid"]}, 201)


def delete(call: Call) -> dict[str, str]:
    """Forget a key nothing uses."""
    row = models.find(call.coolify.db, call.token.team_id, call.path["uuid"])
    if models.in_use(call.coolify.db, row):
        raise UnprocessableError("Private Key is in use and cannot be deleted.")
    call.coolify.db.delete("private_keys", row["id"])
    return {"message": "Private Key deleted."}


ENDPOINTS = (
    Endpoint("GET", "/security/keys", "read", listing),
    Endpoint("POST", "/security/keys", "write", create),
    Endpoint("GET", "/security/keys/{uuid}", "read", by_uuid),
    Endpoint("PATCH", "/security/keys/{uuid}", "write", update),
    Endpoint("DELETE", "/security/keys/{uuid}", "write", delete),
)

"""GET /team, /teams and their members: only ever the token's own team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.call import Endpoint
from localcloud.coolify.errors import NotFoundError

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_MEMBER = "users.id, users.name, users.email, users.email_verified_at, users.created_at"


def current(call: Call) -> Row:
    """The token's team."""
    row = call.coolify.db.one("SELECT * FROM teams WHERE id = %s", (call.token.team_id,))
    if row is None:
        raise NotFoundError("Team not found.")
    return row


def listing(call: Call) -> list[Row]:
    """The token's team, as a list."""
    return [current(call)]


def by_id(call: Call) -> Row:
    """The team of this id, if it is the token's."""
    if call.path["id"] != call.token.team:
        raise NotFoundError("Team not found.")
    return current(call)


def members(call: Call) -> list[dict[str, Any]]:
    """Users of the token's team."""
    return call.coolify.db.all(
        f"SELECT {_MEMBER} FROM users JOIN team_user ON team_user.user_id = users.id "
        "WHERE team_user.team_id = %s ORDER BY users.id",
        (call.token.team_id,),
    )


def members_by_id(call: Call) -> list[dict[str, Any]]:
    """Users of the team of this id, if it is the token's."""
    by_id(call)
    return members(call)


ENDPOINTS = (
    Endpoint("GET", "/team", "read", current),
    Endpoint("GET", "/teams/current", "read", current),
    Endpoint("GET", "/team/members", "read", members),
    Endpoint("GET", "/teams/current/members", "read", members),
    Endpoint("GET", "/teams", "read", listing),
    Endpoint("GET", "/teams/{id}", "read", by_id),
    Endpoint("GET", "/teams/{id}/members", "read", members_by_id),
)

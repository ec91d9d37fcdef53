"""Who calls, for which team, and what the token may do."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.coolify.errors import ApiClosedError, ForbiddenError, UnauthenticatedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.coolify.database import Database, Row

_ELEVATED = {"root", "*", "write", "write:sensitive", "deploy", "read:sensitive"}
_EVERYONE = "0.0.0.0"  # noqa: S104 - what the list may hold to let everybody in
_ADMIN_ROLES = {"admin", "owner"}
_LIVE = "(expires_at IS NULL OR expires_at > now() AT TIME ZONE 'UTC')"


@dataclass(frozen=True)
class Token:
    """A token that was looked up, with its owner's role in the token's team."""

    id: int
    user_id: int
    team: str
    """As the column holds it: a string."""
    abilities: frozenset[str]
    role: str

    @property
    def team_id(self) -> int:
        """The team as a number."""
        return int(self.team)

    @property
    def sees_secrets(self) -> bool:
        """Whether secret fields are shown to it."""
        allowed = self.can("root") or self.can("read:sensitive")
        return allowed and self.role in _ADMIN_ROLES

    def can(self, ability: str) -> bool:
        """Whether it has an ability; `*` has every one."""
        return ability in self.abilities or "*" in self.abilities

    def require(self, ability: str) -> None:
        """Raise ForbiddenError unless it has the ability; `root` passes everywhere."""
        if not self.can("root") and not self.can(ability):
            raise ForbiddenError(f"Missing required permissions: {ability}")


def authenticate(db: Database, authorization: str) -> Token:
    """The token of an Authorization header; raises UnauthenticatedError or ForbiddenError."""
    row = _find(db, _bearer(authorization))
    if row is None:
        raise UnauthenticatedError
    db.execute("UPDATE personal_access_tokens SET last_used_at = now() WHERE id = %s", (row["id"],))
    token = _token(db, row)
    if token.abilities & _ELEVATED and token.role not in _ADMIN_ROLES:
        raise ForbiddenError("Missing required team role.")
    return token


def check_open(db: Database, address: str) -> None:
    """Raise ApiClosedError while the API is off or the caller's address is not on the list."""
    settings = db.one("SELECT is_api_enabled, allowed_ips FROM instance_settings WHERE id = 0")
    if settings is None or not settings["is_api_enabled"]:
        raise ApiClosedError("API is disabled.")
    allowed = [part.strip() for part in (settings["allowed_ips"] or "").split(",") if part.strip()]
    if allowed and _EVERYONE not in allowed and not _listed(address, allowed):
        raise ApiClosedError("You are not allowed to access the API.")


def _bearer(authorization: str) -> str:
    scheme, _, bearer = authorization.partition(" ")
    if scheme.lower() != "bearer" or not bearer.strip():
        raise UnauthenticatedError
    return bearer.strip()


def _find(db: Database, bearer: str) -> Row | None:
    """Look up both shapes: `id|secret`, and a secret alone."""
    number, bar, secret = bearer.partition("|")
    if not bar:
        query = f"SELECT * FROM personal_access_tokens WHERE token = %s AND {_LIVE}"
        return db.one(query, (_digest(bearer),))
    if not number.isdigit():
        return None
    query = f"SELECT * FROM personal_access_tokens WHERE id = %s AND {_LIVE}"
    row = db.one(query, (int(number),))
    return row if row and hmac.compare_digest(row["token"], _digest(secret)) else None


def _token(db: Database, row: Row) -> Token:
    role = db.scalar(
        "SELECT team_user.role FROM team_user JOIN users ON users.id = team_user.user_id "
        "WHERE users.id = %s AND team_user.team_id::text = %s",
        (row["tokenable_id"], row["team_id"]),
    )
    if role is None:
        raise UnauthenticatedError("Invalid token.")
    abilities = frozenset(json.loads(row["abilities"] or "[]"))
    return Token(row["id"], row["tokenable_id"], row["team_id"], abilities, role)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode()).hexdigest()


def _listed(address: str, allowed: Iterable[str]) -> bool:
    caller = ipaddress.ip_address(address)
    return any(caller in ipaddress.ip_network(entry, strict=False) for entry in allowed)

"""The first user, made from ROOT_* variables if they pass Coolify's rules."""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.coolify.database import Database
    from localcloud.coolify.settings import RootUser

_log = logging.getLogger(__name__)
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@([A-Za-z0-9-]+\.)+[A-Za-z0-9-]{2,}")
_NAME = re.compile(r"[\w\s-]{3,255}")
_SHORTEST = 8
_NEVER = frozenset({"invalid", "example", "localhost", "local"})
_MAILLESS = frozenset({"example.com", "example.net", "example.org"})
_CLASSES = {
    "one lowercase letter": r"[a-z]",
    "one uppercase letter": r"[A-Z]",
    "one number": r"[0-9]",
    "one symbol": r"[^\w\s]|_",
}
BREACHED = frozenset({"Password1!", "P@ssw0rd", "Passw0rd!", "Welcome1!", "Admin123!", "Qwerty1!"})
"""Passwords refused as publicly known; the real one asks an online list of millions."""


def seed_root_user(
    db: Database, root: RootUser, resolves: Callable[[str], bool] | None = None
) -> bool:
    """Make user 0 unless it is there; whether it was made.

    A broken rule is only logged, and the instance is then open for registration, just as the real
    one is: whoever installs has to look.
    """
    if db.scalar("SELECT 1 FROM users WHERE id = 0") or not (root.email and root.password):
        return False
    wrong = violations(root, resolves or domain_resolves)
    for problem in wrong:
        _log.error("root user is not created: %s", problem)
    if wrong:
        return False
    name = root.name or "Root User"
    db.insert(
        "users",
        {"id": 0, "name": name, "email": root.email, "password": _hashed(root.password)},
    )
    db.execute(
        "INSERT INTO team_user (team_id, user_id, role) VALUES (0, 0, 'owner') "
        "ON CONFLICT DO NOTHING"
    )
    db.update("instance_settings", 0, {"is_registration_enabled": False})
    _log.info("root user created")
    return True


def violations(root: RootUser, resolves: Callable[[str], bool]) -> list[str]:
    """Every rule the three values break."""
    found = []
    if root.name and not _NAME.fullmatch(root.name):
        found.append("The name must have 3 or more letters, digits, spaces, hyphens.")
    if not _EMAIL.fullmatch(root.email):
        found.append("The email must be a valid email address.")
    elif not resolves(root.email.rpartition("@")[2]):
        found.append("The email's domain must exist.")
    if len(root.password) < _SHORTEST:
        found.append(f"The password must be at least {_SHORTEST} characters.")
    found += [
        f"The password must contain at least {what}."
        for what, pattern in _CLASSES.items()
        if not re.search(pattern, root.password)
    ]
    if root.password in BREACHED:
        found.append("The password has appeared in a data leak.")
    return found


def domain_resolves(domain: str) -> bool:
    """Whether a mail domain exists, as far as the double knows.

    The real one asks DNS. The double's world is cut off from it: every domain counts as existing
    (`.test` is this world's own) but those that are reserved for never taking mail.
    """
    name = domain.lower()
    return name not in _MAILLESS and name.rpartition(".")[2] not in _NEVER


def _hashed(password: str) -> str:
    salt = secrets.token_bytes(16)
    digest = hashlib.scrypt(password.encode(), salt=salt, n=2**12, r=8, p=1)
    return f"scrypt${salt.hex()}${digest.hex()}"

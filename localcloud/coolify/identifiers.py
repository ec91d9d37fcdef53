"""Public identifiers as Coolify makes them."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits
_LENGTH = 24


def new_public_id() -> str:
    """A fresh uuid: 24 lower-case letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def slug(text: str) -> str:
    """Lower case, runs of anything but letters and digits as one hyphen."""
    kept = "".join(char if char.isalnum() and char.isascii() else "-" for char in text.lower())
    return "-".join(part for part in kept.split("-") if part)

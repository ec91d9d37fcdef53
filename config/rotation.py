"""Secrets that are being changed just now, as `runbook rotate` notes them in the stack's config."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, SecretStr

from config.base import Frozen

OBJECTS = frozenset({"rotating"})
Name = Literal[
    "ssh-key",
    "coolify-token",
    "registry-password",
    "hetzner-token",
    "database-password",
    "app-secret",
    "restic-password",
]


SSH_KEY: Name = "ssh-key"
COOLIFY_TOKEN: Name = "coolify-token"  # noqa: S105 - what is being changed, not a secret


class Pair(Frozen):
    """What a secret was when its rotation began, and what it is to be."""

    old: SecretStr
    new: SecretStr
    name: str = ""
    """Of an app's secret."""


class RotatingSettings(Frozen):
    """Empty but while a rotation is under way."""

    rotating: dict[Name, Pair] = Field(default={})

    def given(self, name: Name) -> SecretStr | None:
        """The value that one of the stack's own secrets is to have; None: what it has."""
        found = self.rotating.get(name)
        return found.new if found else None

"""What a kit holds."""

from __future__ import annotations

from datetime import datetime  # noqa: TC003 - pydantic reads the annotations
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from runbook.kit.passphrase import KitError


class Value(BaseModel):
    """One value of a stack's config, revealed; `secret` says how it has to be kept."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    value: Any
    secret: bool = False


class Kit(BaseModel):
    """All that a fresh `pulumi up` needs, and the state of the stack that was."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    stack: str
    made: datetime
    program: str = Field(default="", description="commit and remote of the repository")
    backend: str = Field(description="URL of the state backend")
    passphrase: str = Field(description="of config and state")
    config: dict[str, Value] = Field(description="by full key: nutri:domain")
    files: dict[str, str] = Field(
        default_factory=dict, description="text of files the config names, by the name it gives"
    )
    state: dict[str, Any] = Field(description="`pulumi stack export`, its secrets encrypted")
    app_key: str = Field(default="", description="of Coolify: a dump of its database needs it")
    repository: dict[str, Any] = Field(
        default_factory=dict, description="how the dumps of the database are reached"
    )

    def text(self, key: str) -> str:
        """A config value as text; empty when it is not set."""
        found = self.config.get(key)
        return str(found.value) if found and found.value is not None else ""


def parse(content: bytes) -> Kit:
    """Read a kit.

    Raises:
        KitError: when it is of another version of this program.
    """
    try:
        return Kit.model_validate_json(content)
    except ValidationError as error:
        # The input holds secrets: only the places go into the message.
        places = ", ".join(".".join(map(str, one["loc"])) or "all" for one in error.errors())
        raise KitError(f"the kit is of another version of this program ({places})") from None

"""What the program was set up with: one file that only root may read."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from agent.dumps.errors import DumpError

FOLDER = Path(os.environ.get("NUTRI_DUMPS_CONFIG", "/etc/nutri/dumps"))
STATE = Path(os.environ.get("NUTRI_DUMPS_STATE", "/var/lib/nutri/dumps"))


@dataclass(frozen=True)
class Keep:
    """How many dumps stay."""

    daily: int = 7
    weekly: int = 4
    monthly: int = 6


@dataclass(frozen=True)
class Config:
    """The settings of this server."""

    repository: str
    """As restic spells it: `sftp:user@host:folder` or `s3:https://...`."""
    database_url: str
    scratch_image: str
    port: int = 23
    """Of the SFTP host."""
    keep: Keep = field(default_factory=Keep)
    environment: dict[str, str] = field(default_factory=dict)
    """What the repository needs besides: an S3 key."""

    @property
    def password_file(self) -> Path:
        """Where restic finds the repository's password."""
        return FOLDER / "password"

    @property
    def sftp_command(self) -> str | None:
        """How restic reaches an SFTP host: by our key, with the host's key pinned."""
        if not self.repository.startswith("sftp:"):
            return None
        login = self.repository.removeprefix("sftp:").split(":", 1)[0]
        options = {
            "IdentitiesOnly": "yes",
            "BatchMode": "yes",
            "StrictHostKeyChecking": "yes",
            "UserKnownHostsFile": str(FOLDER / "known_hosts"),
            "ConnectTimeout": "15",
            "ServerAliveInterval": "15",
            "ServerAliveCountMax": "4",
            "LogLevel": "ERROR",
        }
        words = [f"-o {name}={value}" for name, value in options.items()]
        key = FOLDER / "identity"
        return f"ssh -F none -p {self.port} -i {key} {' '.join(words)} {login} -s sftp"


def load() -> Config:
    """Read the settings.

    Raises:
        DumpError: they are not there, or of another version.
    """
    path = FOLDER / "config.json"
    try:
        raw: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
        return Config(**{**raw, "keep": Keep(**raw["keep"])})
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise DumpError(
            f"{path} cannot be used ({error}): `pulumi up --replace '**::install-dumps'` writes it"
        ) from None

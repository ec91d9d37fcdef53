"""The folder of SSH keys: read once at the first start, then written from the database."""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.coolify.keys.material import normalised, write_private

if TYPE_CHECKING:
    from pathlib import Path

    from localcloud.coolify.database import Database

_log = logging.getLogger(__name__)
_HOST_KEY = re.compile(r"id\.(?P<user>[^@]*)@host\.docker\.internal")


@dataclass(frozen=True)
class HostKey:
    """The key the installer left for the machine Coolify runs on."""

    user: str
    """From the file's name; empty when the installer was run without USER."""
    private: str


def installed_key(ssh_dir: Path) -> HostKey | None:
    """The installer's key, or None when it is not there (any more)."""
    for path in sorted((ssh_dir / "keys").glob("*@host.docker.internal*")):
        match = _HOST_KEY.match(path.name)
        if match and path.suffix != ".pub":
            return HostKey(match["user"], normalised(path.read_text(encoding="utf-8")))
    return None


def rewrite(db: Database, ssh_dir: Path) -> None:
    """Empty the folders of keys and connections, then write every key of the database."""
    for folder in (ssh_dir / "keys", ssh_dir / "mux"):
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        for path in folder.iterdir():
            path.unlink()
    for row in db.all("SELECT uuid, private_key FROM private_keys ORDER BY id"):
        write_private(ssh_dir / "keys" / f"ssh_key@{row['uuid']}", row["private_key"])
    _log.info("ssh keys written from the database")

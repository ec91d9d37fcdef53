"""What must exist in the database: team 0, the settings, the localhost server."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from localcloud.coolify.boot import root_user, ssh_keys
from localcloud.coolify.identifiers import new_public_id
from localcloud.coolify.keys.material import fingerprint
from localcloud.coolify.servers import models as servers

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row
    from localcloud.coolify.settings import CoolifySettings

_log = logging.getLogger(__name__)
_ROOT_TEAM = 0


def seed(db: Database, settings: CoolifySettings) -> None:
    """Make what is missing; what is there stays as it is."""
    db.execute(
        "INSERT INTO teams (id, name, description, personal_team) "
        "VALUES (0, 'Root Team', 'The root team', true) ON CONFLICT DO NOTHING"
    )
    db.execute("INSERT INTO instance_settings (id) VALUES (0) ON CONFLICT DO NOTHING")
    if db.scalar("SELECT 1 FROM servers WHERE id = 0") is None:
        _localhost(db, settings)
    ssh_keys.rewrite(db, settings.ssh_dir)
    root_user.seed_root_user(db, settings.root_user)
    if not settings.autoupdate:
        db.update("instance_settings", 0, {"is_auto_update_enabled": False})


def localhost(db: Database) -> Row | None:
    """Server 0, if there is one."""
    found = db.scalar("SELECT 1 FROM servers WHERE id = 0")
    return servers.by_id(db, 0) if found else None


def _localhost(db: Database, settings: CoolifySettings) -> None:
    """Server 0 with the installer's key: taken as usable without a look."""
    key = ssh_keys.installed_key(settings.ssh_dir)
    if key is None:
        _log.error("no key for host.docker.internal in %s: no localhost", settings.ssh_dir)
        return
    db.insert(
        "private_keys",
        {
            "id": 0,
            "uuid": new_public_id(),
            "name": "localhost's key",
            "description": "The private key for the Coolify host machine (localhost).",
            "private_key": key.private,
            "fingerprint": fingerprint(key.private),
            "team_id": _ROOT_TEAM,
        },
    )
    servers.create(
        db,
        {
            "id": 0,
            "name": "localhost",
            "description": "This is the server where Coolify is running on.",
            "user": key.user,
            "ip": servers.LOCALHOST,
            "team_id": _ROOT_TEAM,
            "private_key_id": 0,
        },
        {"is_reachable": True, "is_usable": True},
    )

"""Rows of servers, joined with their settings."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.errors import NotFoundError
from localcloud.coolify.identifiers import new_public_id

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

LOCALHOST = "host.docker.internal"
"""Address of server 0: the machine Coolify itself runs on."""
_SETTING_SKIP = {"id", "server_id"}
_JOINED = (
    "SELECT servers.*, s.is_reachable, s.is_usable, s.is_build_server, s.concurrent_builds, "
    "s.deployment_queue_limit, s.connection_timeout, s.generate_exact_labels, s.wildcard_domain "
    "FROM servers JOIN server_settings s ON s.server_id = servers.id"
)


def find(db: Database, team_id: int, uuid: str) -> Row:
    """A team's server by uuid; raises NotFoundError."""
    row = db.one(f"{_JOINED} WHERE servers.uuid = %s AND team_id = %s", (uuid, team_id))
    if row is None:
        raise NotFoundError("Server not found.")
    return row


def by_id(db: Database, server_id: int) -> Row:
    """A server by its number; raises NotFoundError."""
    row = db.one(f"{_JOINED} WHERE servers.id = %s", (server_id,))
    if row is None:
        raise NotFoundError("Server not found.")
    return row


def of_team(db: Database, team_id: int) -> list[Row]:
    """A team's servers, oldest first."""
    return db.all(f"{_JOINED} WHERE team_id = %s ORDER BY servers.id", (team_id,))


def every(db: Database) -> list[Row]:
    """All servers of the instance."""
    return db.all(f"{_JOINED} ORDER BY servers.id")


def create(db: Database, values: dict[str, Any], settings: dict[str, Any]) -> Row:
    """A server with its settings and the destination `coolify` every server has."""
    row = db.insert("servers", {"uuid": new_public_id(), **values})
    db.insert("server_settings", {"server_id": row["id"], **settings})
    add_destination(db, row, "coolify", "coolify")
    return row


def add_destination(db: Database, server: Row, name: str, network: str) -> Row:
    """A Docker network of the server applications may be put on."""
    values = {"uuid": new_public_id(), "name": name, "network": network, "server_id": server["id"]}
    return db.insert("standalone_dockers", values)


def destinations(db: Database, server: Row) -> list[Row]:
    """The networks of a server, oldest first."""
    query = "SELECT * FROM standalone_dockers WHERE server_id = %s ORDER BY id"
    return db.all(query, (server["id"],))


def settings(db: Database, server: Row) -> Row:
    """Every setting of a server."""
    row = db.one("SELECT * FROM server_settings WHERE server_id = %s", (server["id"],))
    return {key: value for key, value in (row or {}).items() if key not in _SETTING_SKIP}


def change_settings(db: Database, server: Row, values: dict[str, Any]) -> None:
    """Change settings of a server."""
    row_id = db.scalar("SELECT id FROM server_settings WHERE server_id = %s", (server["id"],))
    db.update("server_settings", row_id, values)


def mark(db: Database, server: Row, *, up: bool, logs: str | None) -> None:
    """Note whether the server could be reached and used, and what was said."""
    change_settings(db, server, {"is_reachable": up, "is_usable": up})
    db.update("servers", server["id"], {"validation_logs": logs, "is_validating": False})


def resources(db: Database, server: Row) -> list[Row]:
    """The applications on a server."""
    return db.all(
        "SELECT applications.* FROM applications JOIN standalone_dockers d "
        "ON d.id = applications.destination_id WHERE d.server_id = %s ORDER BY applications.id",
        (server["id"],),
    )


def summary(db: Database, server: Row) -> dict[str, Any]:
    """A server as the list shows it."""
    kept = ("uuid", "name", "description", "ip", "user", "port", "is_reachable", "is_usable")
    return {
        **{key: server[key] for key in kept},
        "is_coolify_host": server["ip"] == LOCALHOST or server["id"] == 0,
        "settings": settings(db, server),
    }


def shown(db: Database, server: Row) -> dict[str, Any]:
    """A server as its own page shows it."""
    kept = (
        "proxy",
        "validation_logs",
        "is_validating",
        "swarm_cluster",
        "unreachable_count",
        "unreachable_notification_sent",
        "high_disk_usage_notification_sent",
        "log_drain_notification_sent",
        "created_at",
        "updated_at",
    )
    extra = {key: server[key] for key in kept}
    return {**summary(db, server), **extra}

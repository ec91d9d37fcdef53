"""Rows of applications, joined with where they live."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import labels
from localcloud.coolify.applications.fields import (
    COLUMNS,
    SETTING_BOOLEANS,
    SETTING_OTHERS,
    SETTING_RENAMED,
)
from localcloud.coolify.call import Fields, truthy
from localcloud.coolify.errors import NotFoundError
from localcloud.coolify.identifiers import new_public_id

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

_SECRET = (
    "http_basic_auth_password",
    "manual_webhook_secret_github",
    "manual_webhook_secret_gitlab",
    "manual_webhook_secret_bitbucket",
    "manual_webhook_secret_gitea",
    "dockerfile",
    "docker_compose",
    "docker_compose_raw",
    "custom_labels",
)
_PLACES = (
    "SELECT applications.*, environments.name AS environment_name, "
    "projects.name AS project_name, projects.uuid AS project_uuid, projects.team_id, "
    "d.server_id, d.network FROM applications "
    "JOIN environments ON environments.id = applications.environment_id "
    "JOIN projects ON projects.id = environments.project_id "
    "JOIN standalone_dockers d ON d.id = applications.destination_id"
)
_PLACE_COLUMNS = ("environment_name", "project_name", "project_uuid", "team_id", "server_id")


def find(db: Database, team_id: int, uuid: str) -> Row:
    """A team's application by uuid, with its place; raises NotFoundError."""
    query = f"{_PLACES} WHERE applications.uuid = %s AND team_id = %s AND deleted_at IS NULL"
    row = db.one(query, (uuid, team_id))
    if row is None:
        raise NotFoundError("Application not found.")
    return row


def by_id(db: Database, application_id: int) -> Row:
    """An application by its number, with its place; raises NotFoundError."""
    row = db.one(f"{_PLACES} WHERE applications.id = %s", (application_id,))
    if row is None:
        raise NotFoundError("Application not found.")
    return row


def of_team(db: Database, team_id: int, tag: str | None = None) -> list[Row]:
    """A team's applications, oldest first; of one tag if it is given."""
    query = f"{_PLACES} WHERE team_id = %s AND deleted_at IS NULL"
    values: list[Any] = [team_id]
    if tag:
        query += (
            " AND applications.id IN (SELECT taggable_id FROM taggables "
            "JOIN tags ON tags.id = taggables.tag_id WHERE tags.name = %s)"
        )
        values.append(tag.lower())
    return db.all(f"{query} ORDER BY applications.id", values)


def settings(db: Database, app: Row) -> Row:
    """The settings of an application."""
    row = db.one("SELECT * FROM application_settings WHERE application_id = %s", (app["id"],))
    return row or {}


def create(db: Database, values: dict[str, Any], chosen: dict[str, Any]) -> Row:
    """An application with its settings and the labels generated for it."""
    hooks = {
        f"manual_webhook_secret_{kind}": secrets.token_urlsafe(30)
        for kind in ("github", "gitlab", "bitbucket", "gitea")
    }
    row = db.insert("applications", {"uuid": new_public_id(), **hooks, **values})
    db.insert("application_settings", {"application_id": row["id"], **chosen})
    return row


def regenerate_labels(db: Database, app: Row) -> None:
    """Write the generated labels over whatever is there."""
    lines = labels.generated(app, settings(db, app))
    db.update("applications", app["id"], {"custom_labels": "\n".join(lines)})


def column_values(fields: Fields) -> dict[str, Any]:
    """The part of a body that goes into the application's own columns."""
    values = {name: fields[name] for name in COLUMNS if name in fields}
    if values.get("health_check_port") is not None:
        values["health_check_port"] = str(values["health_check_port"])
    if values.get("custom_network_aliases"):
        aliases = str(values["custom_network_aliases"]).split(",")
        values["custom_network_aliases"] = ",".join(
            alias.strip().replace(" ", "-") for alias in aliases if alias.strip()
        )
    if "is_http_basic_auth_enabled" in values:
        values["is_http_basic_auth_enabled"] = truthy(values["is_http_basic_auth_enabled"])
    return values


def setting_values(fields: Fields) -> dict[str, Any]:
    """The part of a body that goes into the application's settings."""
    values = {
        name: truthy(fields[name]) for name in SETTING_BOOLEANS if fields.get(name) is not None
    }
    values |= {name: fields[name] for name in SETTING_OTHERS if name in fields}
    renamed = {new: fields[old] for old, new in SETTING_RENAMED.items() if old in fields}
    return values | {name: truthy(value) for name, value in renamed.items()}


def change_settings(db: Database, app: Row, values: dict[str, Any]) -> None:
    """Change settings of an application."""
    db.update("application_settings", settings(db, app)["id"], values)


def shown(db: Database, app: Row, *, secrets_visible: bool) -> dict[str, Any]:
    """An application as the API shows it: no number, settings nested."""
    hidden = {"id", "deleted_at", "network", *_PLACE_COLUMNS}
    if not secrets_visible:
        hidden |= {*_SECRET, "private_key_id"}
    visible = {key: value for key, value in app.items() if key not in hidden}
    nested_skip = {"id", "application_id", "created_at", "updated_at"}
    nested = settings(db, app)
    return {
        **visible,
        "status": with_health(app["status"]),
        "additional_servers_count": 0,
        "additional_networks_count": 0,
        "server_status": _server_status(db, app),
        "settings": {key: value for key, value in nested.items() if key not in nested_skip},
    }


def with_health(status: str) -> str:
    """State and health; where only a state is known, the health counts as bad."""
    return status if ":" in status else f"{status}:unhealthy"


def _server_status(db: Database, app: Row) -> bool:
    query = "SELECT is_reachable AND is_usable FROM server_settings WHERE server_id = %s"
    return bool(db.scalar(query, (app["server_id"],)))

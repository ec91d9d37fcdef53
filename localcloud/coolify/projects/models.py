"""Rows of projects and environments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.errors import NotFoundError
from localcloud.coolify.identifiers import new_public_id

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row

FIRST_ENVIRONMENT = "production"


def find(db: Database, team_id: int, uuid: str) -> Row:
    """A team's project by uuid; raises NotFoundError."""
    row = db.one("SELECT * FROM projects WHERE uuid = %s AND team_id = %s", (uuid, team_id))
    if row is None:
        raise NotFoundError("Project not found.")
    return row


def create(db: Database, team_id: int, name: str, description: str | None) -> Row:
    """A project, with the environment every project begins with."""
    row = db.insert(
        "projects",
        {"uuid": new_public_id(), "name": name, "description": description, "team_id": team_id},
    )
    create_environment(db, row, FIRST_ENVIRONMENT)
    return row


def create_environment(db: Database, project: Row, name: str) -> Row:
    """An environment of a project."""
    values = {"uuid": new_public_id(), "name": name, "project_id": project["id"]}
    return db.insert("environments", values)


def environments(db: Database, project: Row) -> list[Row]:
    """A project's environments, oldest first."""
    return db.all("SELECT * FROM environments WHERE project_id = %s ORDER BY id", (project["id"],))


def find_environment(db: Database, project: Row, name_or_uuid: str | None) -> Row:
    """An environment by name, else by uuid; raises NotFoundError."""
    for column in ("name", "uuid"):
        query = f"SELECT * FROM environments WHERE project_id = %s AND {column} = %s"
        row = db.one(query, (project["id"], name_or_uuid))
        if row is not None:
            return row
    raise NotFoundError("Environment not found.")


def applications(db: Database, environment: Row) -> list[Row]:
    """The applications of an environment."""
    query = "SELECT * FROM applications WHERE environment_id = %s AND deleted_at IS NULL"
    return db.all(f"{query} ORDER BY id", (environment["id"],))


def has_resources(db: Database, project: Row) -> bool:
    """Whether any environment of the project holds anything, deletions under way included."""
    return bool(
        db.scalar(
            "SELECT 1 FROM applications JOIN environments "
            "ON environments.id = applications.environment_id "
            "WHERE environments.project_id = %s LIMIT 1",
            (project["id"],),
        )
    )


def shown_environment(db: Database, environment: Row) -> dict[str, Any]:
    """An environment with the resources in it; of kinds the double has none, empty lists."""
    kinds = ("postgresqls", "redis", "mongodbs", "mysqls", "mariadbs", "services")
    visible = {key: value for key, value in environment.items() if key != "id"}
    shown = [
        {"uuid": app["uuid"], "name": app["name"], "fqdn": app["fqdn"], "status": app["status"]}
        for app in applications(db, environment)
    ]
    return {**visible, "applications": shown, **{kind: [] for kind in kinds}}

"""/projects and the environments below them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.call import Endpoint, Reply
from localcloud.coolify.errors import BadRequestError, ConflictError
from localcloud.coolify.projects import models
from localcloud.coolify.validation import text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_NAME = r"[\w\s\-.@/&()#,:+']+"
_CREATE = {"name": text(required=True, most=255, pattern=_NAME), "description": text(nullable=True)}
_UPDATE = {"name": text(most=255, pattern=_NAME), "description": text(nullable=True)}
_ENVIRONMENT = {"name": text(required=True, most=255, pattern=_NAME)}


def listing(call: Call) -> list[Row]:
    """Every project of the team."""
    return call.coolify.db.all(
        "SELECT id, uuid, name, description FROM projects WHERE team_id = %s ORDER BY id",
        (call.token.team_id,),
    )


def by_uuid(call: Call) -> dict[str, Any]:
    """One project with its environments."""
    project = _project(call)
    shown = models.environments(call.coolify.db, project)
    return {**project, "environments": shown}


def create(call: Call) -> Reply:
    """A new project; its `production` environment comes with it."""
    fields = call.json()
    validate(fields, _CREATE)
    row = models.create(
        call.coolify.db, call.token.team_id, fields["name"], fields.get("description")
    )
    return Reply({"uuid": row["uuid"]}, 201)


def update(call: Call) -> Reply:
    """Rename or describe a project."""
    fields = call.json()
    validate(fields, _UPDATE)
    row = call.coolify.db.update("projects", _project(call)["id"], fields)
    shown = {key: row[key] for key in ("uuid", "name", "description")}
    return Reply(shown, 201)


def delete(call: Call) -> dict[str, str]:
    """Remove a project that holds nothing any more."""
    project = _project(call)
    if models.has_resources(call.coolify.db, project):
        raise BadRequestError("Project has resources, so it cannot be deleted.")
    call.coolify.db.delete("projects", project["id"])
    return {"message": "Project deleted."}


def environments(call: Call) -> list[Row]:
    """The environments of a project."""
    return models.environments(call.coolify.db, _project(call))


def environment(call: Call) -> dict[str, Any]:
    """One environment and what is in it."""
    return models.shown_environment(call.coolify.db, _environment(call))


def create_environment(call: Call) -> Reply:
    """A new environment; its name must be new in the project."""
    fields = call.json()
    validate(fields, _ENVIRONMENT)
    project = _project(call)
    names = {row["name"] for row in models.environments(call.coolify.db, project)}
    if fields["name"] in names:
        raise ConflictError("Environment with this name already exists.")
    row = models.create_environment(call.coolify.db, project, fields["name"])
    return Reply({"uuid": row["uuid"]}, 201)


def update_environment(call: Call) -> dict[str, Any]:
    """Rename or describe an environment."""
    fields = call.json()
    validate(fields, _UPDATE)
    found = _environment(call)
    others = {
        row["name"]
        for row in models.environments(call.coolify.db, _project(call))
        if row["id"] != found["id"]
    }
    if fields.get("name") in others:
        raise ConflictError("Environment with this name already exists.")
    row = call.coolify.db.update("environments", found["id"], fields)
    return {key: row[key] for key in ("uuid", "name", "description")}


def delete_environment(call: Call) -> dict[str, str]:
    """Remove an empty environment."""
    found = _environment(call)
    if models.applications(call.coolify.db, found):
        raise BadRequestError("Environment has resources, so it cannot be deleted.")
    call.coolify.db.delete("environments", found["id"])
    return {"message": "Environment deleted."}


def _project(call: Call) -> Row:
    return models.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _environment(call: Call) -> Row:
    name = call.path["environment_name_or_uuid"]
    return models.find_environment(call.coolify.db, _project(call), name)


_ONE = "/projects/{uuid}"
_ENVIRONMENTS = f"{_ONE}/environments"
ENDPOINTS = (
    Endpoint("GET", "/projects", "read", listing),
    Endpoint("POST", "/projects", "write", create),
    Endpoint("GET", _ONE, "read", by_uuid),
    Endpoint("PATCH", _ONE, "write", update),
    Endpoint("DELETE", _ONE, "write", delete),
    Endpoint("GET", _ENVIRONMENTS, "read", environments),
    Endpoint("POST", _ENVIRONMENTS, "write", create_environment),
    Endpoint("PATCH", _ENVIRONMENTS + "/{environment_name_or_uuid}", "write", update_environment),
    Endpoint("DELETE", _ENVIRONMENTS + "/{environment_name_or_uuid}", "write", delete_environment),
    Endpoint("GET", _ONE + "/{environment_name_or_uuid}", "read", environment),
)

"""/applications: create from an image, read, change, delete."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import actions, domains, images, models
from localcloud.coolify.applications.fields import CREATE, REGENERATING, UPDATE
from localcloud.coolify.call import Endpoint, Fields, Reply, truthy
from localcloud.coolify.deployments.queue import Wanted
from localcloud.coolify.errors import (
    BadRequestError,
    NotFoundError,
    UnprocessableError,
    ValidationFailedError,
)
from localcloud.coolify.identifiers import new_public_id
from localcloud.coolify.projects import models as projects
from localcloud.coolify.servers import models as servers
from localcloud.coolify.tags import models as tags
from localcloud.coolify.validation import validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row


def listing(call: Call) -> list[dict[str, Any]]:
    """Every application of the team, of one tag if it is given."""
    rows = models.of_team(call.coolify.db, call.token.team_id, call.query.get("tag"))
    return [_shown(call, row) for row in rows]


def by_uuid(call: Call) -> dict[str, Any]:
    """One application."""
    return _shown(call, _application(call))


def create_dockerimage(call: Call) -> Reply:
    """An application made of an image; not deployed unless asked."""
    fields = call.json()
    validate(fields, CREATE)
    _check_forms(fields)
    db = call.coolify.db
    environment = _environment(call, fields)
    server = servers.find(db, call.token.team_id, fields["server_uuid"])
    destination = _destination(call, server, fields)
    fqdn = _claimed(call, fields, None)
    image = images.stored(
        fields["docker_registry_image_name"], fields.get("docker_registry_image_tag")
    )
    values = {
        **models.column_values(fields),
        "name": fields.get("name") or f"docker-image-{new_public_id()}",
        "docker_registry_image_name": image.name,
        "docker_registry_image_tag": image.tag,
        "fqdn": fqdn,
        "environment_id": environment["id"],
        "destination_id": destination["id"],
    }
    app = models.create(db, _without_nulls(values), models.setting_values(fields))
    if not fqdn and truthy(fields.get("autogenerate_domain", True)):
        made = domains.generated(db, server, app["uuid"])
        app = db.update("applications", app["id"], {"fqdn": made})
    # Labels are read-only by default, so those sent on create are lost.
    models.regenerate_labels(db, app)
    for name in fields.get("tags") or ():
        tags.attach(db, call.token.team_id, app, name)
    if truthy(fields.get("instant_deploy")):
        call.coolify.queue.add(Wanted(app["id"], at_once=True))
    return Reply({"uuid": app["uuid"], "domains": app["fqdn"]}, 201)


def update(call: Call) -> dict[str, str] | Reply:
    """Change an application; what runs stays as it is until the next deployment."""
    fields = call.json()
    app, db = _application(call), call.coolify.db
    validate(fields, UPDATE)
    _check_forms(fields)
    values = models.column_values(fields)
    _check_basic_auth(app, fields)
    if "domains" in fields:
        values["fqdn"] = _claimed(call, fields, app["uuid"])
    chosen = models.setting_values(fields)
    if chosen:
        models.change_settings(db, app, chosen)
    changed = db.update("applications", app["id"], values)
    readonly = models.settings(db, app)["is_container_label_readonly_enabled"]
    if readonly and REGENERATING & fields.keys():
        models.regenerate_labels(db, changed)
    if truthy(fields.get("instant_deploy")):
        result = call.coolify.queue.add(Wanted(app["id"]))
        if result.state == "skipped":
            return {"message": result.message}
    return {"uuid": app["uuid"]}


def delete(call: Call) -> dict[str, str]:
    """Remove an application in the background."""
    app = _application(call)
    call.coolify.background.submit(
        actions.delete_application,
        call.coolify,
        app,
        configurations=call.flag("delete_configurations", default=True),
        volumes=call.flag("delete_volumes", default=True),
        cleanup=call.flag("docker_cleanup", default=True),
    )
    return {"message": "Application deletion request queued."}


def _application(call: Call) -> Row:
    return models.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return models.shown(call.coolify.db, row, secrets_visible=call.token.sees_secrets)


def _environment(call: Call, fields: Fields) -> Row:
    name, uuid = fields.get("environment_name"), fields.get("environment_uuid")
    if not name and not uuid:
        raise UnprocessableError(
            "You need to provide at least one of environment_name or environment_uuid."
        )
    project = projects.find(call.coolify.db, call.token.team_id, fields["project_uuid"])
    for wanted in (name, uuid):
        try:
            return projects.find_environment(call.coolify.db, project, wanted)
        except NotFoundError:
            continue
    raise NotFoundError("Environment not found.")


def _destination(call: Call, server: Row, fields: Fields) -> Row:
    if server["is_build_server"]:
        raise ValidationFailedError({"server_uuid": ["The specified server is a build server."]})
    found = servers.destinations(call.coolify.db, server)
    if not found:
        raise BadRequestError("Server has no destinations.")
    if len(found) == 1:
        return found[0]
    wanted = fields.get("destination_uuid")
    if not wanted:
        raise BadRequestError(
            "Server has multiple destinations and you do not set destination_uuid."
        )
    for row in found:
        if row["uuid"] == wanted:
            return row
    message = "Provided destination_uuid does not belong to the specified server."
    raise ValidationFailedError({"destination_uuid": message})


def _claimed(call: Call, fields: Fields, own_uuid: str | None) -> str | None:
    """The domains of a body, refused when others have them and no override is asked for."""
    urls = domains.normalised(fields.get("domains"))
    if urls and not truthy(fields.get("force_domain_override")):
        domains.refuse_conflicts(call.coolify.db, call.token.team_id, urls, own_uuid)
    return urls


def _check_forms(fields: Fields) -> None:
    """Refuse what a pattern cannot tell, with the bare strings the real one answers here."""
    ports = [pair.split(":")[0] for pair in (fields.get("ports_mappings") or "").split(",")]
    if len(ports) != len(set(ports)):
        message = "The first number before : should be unique between mappings."
        raise ValidationFailedError({"ports_mappings": message})
    if "custom_labels" in fields and not _base64_text(fields["custom_labels"]):
        message = "The custom_labels should be base64 encoded."
        raise ValidationFailedError({"custom_labels": message})


def _check_basic_auth(app: Row, fields: Fields) -> None:
    if fields.get("is_http_basic_auth_enabled") is not True:
        return
    names = ("http_basic_auth_username", "http_basic_auth_password")
    missing = [name for name in names if not fields.get(name) and not app[name]]
    if missing:
        raise ValidationFailedError({name: f"The {name} is required." for name in missing})


def _base64_text(value: str | None) -> bool:
    try:
        base64.b64decode(value or "", validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return False
    return bool(value)


def _without_nulls(values: dict[str, Any]) -> dict[str, Any]:
    """Leave nulls out, so that the columns' defaults apply."""
    return {name: value for name, value in values.items() if value is not None}


_ONE = "/applications/{uuid}"
ENDPOINTS = (
    Endpoint("GET", "/applications", "read", listing),
    Endpoint("POST", "/applications/dockerimage", "write", create_dockerimage),
    Endpoint("GET", _ONE, "read", by_uuid),
    Endpoint("PATCH", _ONE, "write", update),
    Endpoint("DELETE", _ONE, "write", delete),
    *actions.ENDPOINTS,
)

"""/deploy and /deployments."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import models as applications
from localcloud.coolify.call import Endpoint, truthy
from localcloud.coolify.deployments import models
from localcloud.coolify.deployments.queue import Wanted
from localcloud.coolify.errors import (
    BadRequestError,
    NotFoundError,
    TooManyRequestsError,
    ValidationFailedError,
)
from localcloud.coolify.tags import models as tags

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row

_FULL_RETRY_SECONDS = 60


def deploy(call: Call) -> dict[str, Any]:
    """Queue deployments by uuid or by tag."""
    fields = call.input()
    uuids, names = fields.get("uuid"), fields.get("tag")
    if uuids and names:
        raise BadRequestError("You can only use uuid or tag, not both.")
    if fields.get("docker_tag") and not fields.get("pull_request_id", fields.get("pr")):
        raise BadRequestError("docker_tag requires pull_request_id.")
    force = truthy(fields.get("force"))
    if uuids:
        return _by_uuids(call, _parts(uuids), force=force)
    if names:
        return _by_tags(call, _parts(names), force=force)
    raise BadRequestError("You must provide uuid or tag.")


def active(call: Call) -> list[dict[str, Any]] | dict[str, Any]:
    """What is queued or running, as a list or as an object with numeric keys.

    Coolify sorts by id what the database returned in whatever order, and keeps the keys of that
    order; only when they happen to be 0, 1, 2 ... does the answer come as a list.
    """
    rows = list(enumerate(models.active(call.coolify.db, call.token.team_id)))
    rows.sort(key=lambda pair: pair[1]["id"])
    shown = {key: models.shown(row, secrets=call.token.sees_secrets) for key, row in rows}
    in_order = list(shown) == list(range(len(shown)))
    return list(shown.values()) if in_order else {str(key): row for key, row in shown.items()}


def by_uuid(call: Call) -> dict[str, Any]:
    """One deployment."""
    return models.shown(_deployment(call), secrets=call.token.sees_secrets)


def cancel(call: Call) -> dict[str, str]:
    """Cancel a deployment that is queued or running."""
    row = _deployment(call)
    if not call.coolify.queue.cancel(row):
        status = models.by_id(call.coolify.db, row["id"])["status"]
        raise BadRequestError(f"Deployment cannot be cancelled. Current status: {status}")
    return {
        "message": "Deployment cancelled successfully.",
        "deployment_uuid": row["deployment_uuid"],
        "status": models.CANCELLED,
    }


def of_application(call: Call) -> dict[str, Any]:
    """An application's deployments, newest first."""
    app = applications.find(call.coolify.db, call.token.team_id, call.path["uuid"])
    skip, take = _number(call, "skip", 0, 0), _number(call, "take", 10, 1)
    rows = models.of_application(call.coolify.db, app["id"], skip, take)
    shown = [models.shown(row, secrets=call.token.sees_secrets) for row in rows]
    return {"count": models.count(call.coolify.db, app["id"]), "deployments": shown}


def _by_uuids(call: Call, uuids: list[str], *, force: bool) -> dict[str, Any]:
    deployments = []
    for uuid in uuids:
        try:
            app = applications.find(call.coolify.db, call.token.team_id, uuid)
        except NotFoundError:
            continue
        message, deployment = _queue(call, app, force=force)
        deployments.append(
            {"message": message, "resource_uuid": uuid, "deployment_uuid": deployment}
        )
    if not deployments:
        raise NotFoundError("No resources found.")
    return {"deployments": deployments}


def _by_tags(call: Call, names: list[str], *, force: bool) -> dict[str, Any]:
    messages, details = [], []
    for name in names:
        tag = tags.by_name(call.coolify.db, call.token.team_id, name)
        if tag is None:
            continue
        found = tags.applications(call.coolify.db, tag)
        if not found:
            messages.append(f"No resources found for tag {name}.")
        for app in found:
            message, deployment = _queue(call, app, force=force)
            messages.append(message)
            details.append({"resource_uuid": app["uuid"], "deployment_uuid": deployment})
    if not messages:
        raise NotFoundError("No resources found with this tag.")
    return {"message": messages, **({"details": details} if details else {})}


def _queue(call: Call, app: Row, *, force: bool) -> tuple[str, str]:
    result = call.coolify.queue.add(Wanted(app["id"], force=force))
    if result.state == "queue_full":
        raise TooManyRequestsError(result.message, _FULL_RETRY_SECONDS)
    queued = f"Application {app['name']} deployment queued."
    return (result.message if result.state == "skipped" else queued), result.uuid


def _deployment(call: Call) -> Row:
    row = models.by_uuid(call.coolify.db, call.path["uuid"])
    if row is not None:
        app = applications.by_id(call.coolify.db, int(row["application_id"]))
        if app["team_id"] == call.token.team_id:
            return row
    raise NotFoundError("Deployment not found.")


def _parts(text: object) -> list[str]:
    return [part for part in str(text).split(",") if part]


def _number(call: Call, name: str, default: int, least: int) -> int:
    text = call.query.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) < least:
        raise ValidationFailedError({name: [f"The {name} field must be at least {least}."]})
    return int(text)


ENDPOINTS = (
    Endpoint("POST", "/deploy", "deploy", deploy),
    Endpoint("GET", "/deployments", "read", active),
    Endpoint("GET", "/deployments/applications/{uuid}", "read", of_application),
    Endpoint("GET", "/deployments/{uuid}", "read", by_uuid),
    Endpoint("POST", "/deployments/{uuid}/cancel", "deploy", cancel),
)

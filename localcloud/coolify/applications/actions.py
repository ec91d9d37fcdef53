"""What is done to a running application: start, stop, restart, logs, rollback, delete."""

from __future__ import annotations

import logging
import re
from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import models
from localcloud.coolify.call import Endpoint
from localcloud.coolify.deploy import commands
from localcloud.coolify.deployments.queue import Wanted
from localcloud.coolify.errors import BadRequestError, UnprocessableError, ValidationFailedError
from localcloud.coolify.remote.shell import RemoteError, checked
from localcloud.coolify.servers import models as servers
from localcloud.coolify.servers.cleanup import clean_up
from localcloud.coolify.storages import models as storages
from localcloud.coolify.validation import text, validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row
    from localcloud.coolify.instance import Coolify

_log = logging.getLogger(__name__)
_DEFAULT_GRACE = 30
_MOST_LINES = 10_000
_SLACK = 30.0
_GIT_REF = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9._\-/]*")


def start(call: Call) -> dict[str, str]:
    """Queue a deployment; does not notice a full queue."""
    wanted = Wanted(
        _application(call)["id"],
        force=call.flag("force"),
        at_once=call.flag("instant_deploy"),
    )
    return _queued(call, wanted, "Deployment request queued.")


def restart(call: Call) -> dict[str, str]:
    """Queue a deployment marked as a restart; for an image both are the same."""
    wanted = Wanted(_application(call)["id"], restart_only=True)
    return _queued(call, wanted, "Restart request queued.")


def stop(call: Call) -> dict[str, str]:
    """Remove the containers in the background."""
    app = _application(call)
    cleanup = call.flag("docker_cleanup", default=True)
    call.coolify.background.submit(stop_application, call.coolify, app, cleanup=cleanup)
    return {"message": "Application stopping request queued."}


def logs(call: Call) -> dict[str, str]:
    """The last lines of the first container."""
    app = _application(call)
    shell = call.coolify.shell(servers.by_id(call.coolify.db, app["server_id"]))
    names = checked(shell, commands.containers_of(app["id"])).split()
    running = checked(shell, commands.state_of(names[0])) if names else ""
    if running != "running":
        raise BadRequestError("Application is not running.")
    lines = call.query.get("lines", "100")
    count = min(int(lines), _MOST_LINES) if lines.isdigit() and int(lines) else 100
    script = commands.logs_of(names[0], count, timestamps=call.flag("show_timestamps"))
    output = shell.run(script)
    return {"logs": output.stdout}


def rollback_images(call: Call) -> dict[str, Any]:
    """Images of the application's repository on its server; empty when that fails."""
    app = _application(call)
    repository = app["docker_registry_image_name"]
    try:
        shell = call.coolify.shell(servers.by_id(call.coolify.db, app["server_id"]))
        # Only a container named like the application itself counts as the current one.
        current = shell.run(commands.image_of(app["uuid"])).text.rpartition(":")[2] or None
        lines = checked(shell, commands.local_images()).splitlines()
    except RemoteError:
        return {"current": None, "images": []}
    parts = [line.split("#") for line in lines]
    found = [
        {"tag": tag, "created_at": made, "is_current": tag == current}
        for name, tag, made in parts
        if name == repository
    ]
    return {"current": current, "images": found}


def rollback(call: Call) -> dict[str, str]:
    """Queue a deployment of an earlier tag, which 4.3.10 then does not look at."""
    fields = call.json()
    validate(fields, {"commit": text(required=True)})
    if not _GIT_REF.fullmatch(fields["commit"]):
        raise ValidationFailedError({"commit": ["Invalid rollback commit."]})
    app = _application(call)
    result = call.coolify.queue.add(Wanted(app["id"], commit=fields["commit"], rollback=True))
    if result.state == "queue_full":
        raise BadRequestError(result.message)
    return {"message": "Rollback deployment queued.", "deployment_uuid": result.uuid}


def move(call: Call) -> dict[str, str]:
    """Put the application into another environment of the team."""
    fields = call.json()
    validate(fields, {"environment_uuid": text(required=True)})
    app, db = _application(call), call.coolify.db
    target = db.one(
        "SELECT environments.* FROM environments JOIN projects ON projects.id = project_id "
        "WHERE environments.uuid = %s AND team_id = %s",
        (fields["environment_uuid"], call.token.team_id),
    )
    if target is None:
        raise UnprocessableError("Target environment not found or not owned by your team.")
    db.update("applications", app["id"], {"environment_id": target["id"]})
    return {"message": "Application moved successfully.", "uuid": app["uuid"]}


def stop_application(coolify: Coolify, app: Row, *, cleanup: bool) -> None:
    """Stop and remove every container of an application; unused images too if `cleanup`."""
    try:
        shell = coolify.shell(servers.by_id(coolify.db, app["server_id"]))
        grace = models.settings(coolify.db, app).get("stop_grace_period") or _DEFAULT_GRACE
        for name in checked(shell, commands.containers_of(app["id"])).split():
            shell.run(commands.stop(name, grace), grace + _SLACK)
            shell.run(commands.remove(name))
    except RemoteError as error:
        _log.warning("stopping %s failed: %s", app["name"], error)
        return
    coolify.db.update("applications", app["id"], {"status": "exited:unhealthy"})
    if cleanup:
        clean_up(coolify, servers.by_id(coolify.db, app["server_id"]))


def delete_application(
    coolify: Coolify, app: Row, *, configurations: bool, volumes: bool, cleanup: bool
) -> None:
    """Stop an application and forget it."""
    coolify.queue.cancel_all(app["id"])
    stop_application(coolify, app, cleanup=cleanup)
    try:
        shell = coolify.shell(servers.by_id(coolify.db, app["server_id"]))
        if volumes:
            for row in storages.of_application(coolify.db, app):
                if not row["host_path"]:
                    shell.run(commands.remove_volume(row["name"]))
        if configurations:
            shell.run(commands.remove_configuration(app["uuid"]))
    except RemoteError as error:
        _log.warning("files of %s stay: %s", app["name"], error)
    coolify.db.execute(
        "DELETE FROM application_deployment_queues WHERE application_id = %s", (str(app["id"]),)
    )
    coolify.db.execute("DELETE FROM taggables WHERE taggable_id = %s", (app["id"],))
    coolify.db.delete("applications", app["id"])


def _application(call: Call) -> Row:
    return models.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _queued(call: Call, wanted: Wanted, message: str) -> dict[str, str]:
    result = call.coolify.queue.add(wanted)
    if result.state == "skipped":
        return {"message": result.message}
    return {"message": message, "deployment_uuid": result.uuid}


_ONE = "/applications/{uuid}"
ENDPOINTS = (
    Endpoint("POST", f"{_ONE}/start", "deploy", start),
    Endpoint("POST", f"{_ONE}/stop", "deploy", stop),
    Endpoint("POST", f"{_ONE}/restart", "deploy", restart),
    Endpoint("GET", f"{_ONE}/logs", "read", logs),
    Endpoint("GET", f"{_ONE}/rollback-images", "read", rollback_images),
    Endpoint("POST", f"{_ONE}/rollback", "deploy", rollback),
    Endpoint("POST", f"{_ONE}/move", "write", move),
)

"""/servers, their destinations and proxies."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

from localcloud.coolify.applications import models as applications
from localcloud.coolify.boot.proxy import COMPOSE, restart_proxy
from localcloud.coolify.call import Endpoint, Reply
from localcloud.coolify.deploy.commands import write_file
from localcloud.coolify.errors import BadRequestError, ConflictError, ValidationFailedError
from localcloud.coolify.keys import models as keys
from localcloud.coolify.remote.shell import checked
from localcloud.coolify.servers import models
from localcloud.coolify.servers.checks import validate_server
from localcloud.coolify.servers.cleanup import clean_up
from localcloud.coolify.servers.fields import (
    CLEANUP,
    CONFIGURATION,
    CREATE,
    DESTINATION,
    PROXY,
    SETTINGS,
    UPDATE,
)
from localcloud.coolify.validation import validate

if TYPE_CHECKING:
    from localcloud.coolify.call import Call
    from localcloud.coolify.database import Row


def listing(call: Call) -> list[dict[str, Any]]:
    """Every server of the team."""
    db = call.coolify.db
    return [models.summary(db, row) for row in models.of_team(db, call.token.team_id)]


def by_uuid(call: Call) -> dict[str, Any]:
    """One server."""
    return models.shown(call.coolify.db, _server(call))


def create(call: Call) -> Reply:
    """Take a further machine under management."""
    fields = call.json()
    validate(fields, CREATE)
    db = call.coolify.db
    key = keys.find(db, call.token.team_id, fields["private_key_uuid"])
    if db.scalar("SELECT 1 FROM servers WHERE ip = %s", (fields["ip"],)):
        raise BadRequestError("Server with this IP already exists.")
    kind = str(fields.get("proxy_type") or "traefik").upper()
    values = {
        "name": fields.get("name") or fields["ip"],
        "description": fields.get("description"),
        "ip": fields["ip"],
        "port": int(fields.get("port") or 22),
        "user": fields.get("user") or "root",
        "private_key_id": key["id"],
        "team_id": call.token.team_id,
        "proxy": {"type": kind, "status": "exited"},
    }
    row = models.create(db, values, {"is_build_server": bool(fields.get("is_build_server"))})
    if fields.get("instant_validate"):
        _validate_later(call, row["id"])
    return Reply({"uuid": row["uuid"]}, 201)


def update(call: Call) -> Reply:
    """Change a server or its settings."""
    fields = call.json()
    validate(fields, UPDATE)
    server, db = _server(call), call.coolify.db
    own = ("name", "description", "ip", "port", "user")
    values: dict[str, Any] = {name: fields[name] for name in own if name in fields}
    if "private_key_uuid" in fields:
        key = keys.find(db, call.token.team_id, fields["private_key_uuid"])
        values["private_key_id"] = key["id"]
    if "proxy_type" in fields:
        values["proxy"] = {**server["proxy"], "type": str(fields["proxy_type"]).upper()}
    db.update("servers", server["id"], values)
    settings = {name: fields[name] for name in SETTINGS if name in fields}
    if settings:
        models.change_settings(db, server, settings)
    if fields.get("instant_validate"):
        _validate_later(call, server["id"])
    return Reply({"uuid": server["uuid"]}, 201)


def delete(call: Call) -> dict[str, str]:
    """Let a server go that holds nothing."""
    server, db = _server(call), call.coolify.db
    if server["id"] == 0:
        raise BadRequestError("Local server cannot be deleted.")
    if models.resources(db, server) and not call.flag("force"):
        raise BadRequestError("Server has resources, so you need to delete them before.")
    db.delete("servers", server["id"])
    return {"message": "Server deleted."}


def check(call: Call) -> Reply:
    """Look at the server in the background; the outcome is in its settings."""
    _validate_later(call, _server(call)["id"])
    return Reply({"message": "Validation started."}, 201)


def resources(call: Call) -> list[dict[str, Any]]:
    """What runs on a server."""
    rows = models.resources(call.coolify.db, _server(call))
    kept = ("id", "uuid", "name", "status", "created_at", "updated_at")
    return [
        {
            **{key: row[key] for key in kept},
            "status": applications.with_health(row["status"]),
            "type": "application",
        }
        for row in rows
    ]


def domains(call: Call) -> list[dict[str, Any]]:
    """The domains that lead to a server."""
    server = _server(call)
    found: list[str] = []
    for row in models.resources(call.coolify.db, server):
        urls = (row["fqdn"] or "").split(",")
        found += [url.split("://")[-1].split("/")[0] for url in urls if url]
    return [{"ip": server["ip"], "domains": found}] if found else []


def all_resources(call: Call) -> list[dict[str, Any]]:
    """Everything of the team: here that is applications."""
    rows = applications.of_team(call.coolify.db, call.token.team_id)
    return [{**_shown(call, row), "type": "application"} for row in rows]


def destinations(call: Call) -> list[Row]:
    """The networks of a server."""
    return models.destinations(call.coolify.db, _server(call))


def create_destination(call: Call) -> Reply:
    """A further network."""
    fields = call.json()
    validate(fields, DESTINATION)
    server, db = _server(call), call.coolify.db
    if fields.get("type", "standalone") not in {"standalone", "standalone-docker"}:
        raise ValidationFailedError({"type": ["The server is not part of a swarm."]})
    if any(row["network"] == fields["network"] for row in models.destinations(db, server)):
        raise ConflictError("Network already added to this server.")
    row = models.add_destination(db, server, fields["name"], fields["network"])
    return Reply({"uuid": row["uuid"]}, 201)


def proxy(call: Call) -> dict[str, Any]:
    """What the proxy of a server is, and its configuration to those who see secrets."""
    server = _server(call)
    state = server["proxy"]
    shown = {
        "proxy_type": state.get("type"),
        "status": state.get("status"),
        "redirect_enabled": state.get("redirect_enabled", True),
        "redirect_url": state.get("redirect_url"),
        "generate_exact_labels": server["generate_exact_labels"],
    }
    if call.token.sees_secrets:
        output = call.coolify.shell(server).run(f"cat {COMPOSE}")
        shown["configuration"] = output.stdout if output.code == 0 else None
    return shown


def update_proxy(call: Call) -> dict[str, str]:
    """Change how the proxy behaves."""
    fields = call.json()
    validate(fields, PROXY)
    server, db = _server(call), call.coolify.db
    if "generate_exact_labels" in fields:
        exact = bool(fields.pop("generate_exact_labels"))
        models.change_settings(db, server, {"generate_exact_labels": exact})
    if "proxy_type" in fields:
        fields["type"] = str(fields.pop("proxy_type")).upper()
    db.update("servers", server["id"], {"proxy": {**server["proxy"], **fields}})
    return {"uuid": server["uuid"]}


def save_configuration(call: Call) -> dict[str, str]:
    """Keep a compose file for the proxy, plain or in base64; the next start uses it."""
    fields = call.json()
    validate(fields, CONFIGURATION)
    text = _plain(str(fields["configuration"]))
    server = _server(call)
    state = {**server["proxy"], "configuration": text}
    call.coolify.db.update("servers", server["id"], {"proxy": state})
    checked(call.coolify.shell(server), write_file(COMPOSE, text))
    return {"message": "Proxy configuration saved."}


def _plain(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode()
    except ValueError:
        return text


def restart(call: Call) -> dict[str, str]:
    """Start the proxy anew, in the background."""
    server = _server(call)
    shell = call.coolify.shell(server)
    registry, saved = call.coolify.settings.registry, server["proxy"].get("configuration")
    call.coolify.background.submit(restart_proxy, shell, registry, saved)
    return {"message": "Proxy restart request queued."}


def cleanup(call: Call) -> dict[str, Any]:
    """When unused images and containers are removed."""
    settings = models.settings(call.coolify.db, _server(call))
    return {name: settings[name] for name in CLEANUP}


def update_cleanup(call: Call) -> dict[str, Any]:
    """Change when they are."""
    fields = call.json()
    validate(fields, CLEANUP)
    models.change_settings(call.coolify.db, _server(call), fields)
    return cleanup(call)


def run_cleanup(call: Call) -> dict[str, str]:
    """Remove them now, in the background."""
    call.coolify.background.submit(clean_up, call.coolify, _server(call))
    return {"message": "Docker cleanup job queued."}


def _shown(call: Call, row: Row) -> dict[str, Any]:
    return applications.shown(call.coolify.db, row, secrets_visible=call.token.sees_secrets)


def _server(call: Call) -> Row:
    return models.find(call.coolify.db, call.token.team_id, call.path["uuid"])


def _validate_later(call: Call, server_id: int) -> None:
    server = models.by_id(call.coolify.db, server_id)
    call.coolify.db.update("servers", server_id, {"is_validating": True, "validation_logs": None})
    call.coolify.background.submit(validate_server, call.coolify, server)


_ONE = "/servers/{uuid}"
ENDPOINTS = (
    Endpoint("GET", "/resources", "read", all_resources),
    Endpoint("GET", "/servers", "read", listing),
    Endpoint("POST", "/servers", "write", create),
    Endpoint("GET", _ONE, "read", by_uuid),
    Endpoint("PATCH", _ONE, "write", update),
    Endpoint("DELETE", _ONE, "write", delete),
    Endpoint("POST", f"{_ONE}/validate", "write", check),
    Endpoint("GET", f"{_ONE}/resources", "read", resources),
    Endpoint("GET", f"{_ONE}/domains", "read", domains),
    Endpoint("GET", f"{_ONE}/destinations", "read", destinations),
    Endpoint("POST", f"{_ONE}/destinations", "write", create_destination),
    Endpoint("GET", f"{_ONE}/proxy", "read", proxy),
    Endpoint("PATCH", f"{_ONE}/proxy", "write", update_proxy),
    Endpoint("PUT", f"{_ONE}/proxy/configuration", "write", save_configuration),
    Endpoint("POST", f"{_ONE}/proxy/restart", "write", restart),
    Endpoint("GET", f"{_ONE}/docker-cleanup", "read", cleanup),
    Endpoint("PATCH", f"{_ONE}/docker-cleanup", "write", update_cleanup),
    Endpoint("POST", f"{_ONE}/docker-cleanup/run", "write", run_cleanup),
)

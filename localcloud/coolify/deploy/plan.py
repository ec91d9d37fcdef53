"""From an application's rows to the container to run and the compose file that records it."""

from __future__ import annotations

import datetime as dt
import secrets
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING, Any

import yaml

from localcloud.coolify.applications import images, labels
from localcloud.coolify.deploy import options
from localcloud.coolify.deploy.dotenv import parse, substitute
from localcloud.coolify.deploy.environment import env_file
from localcloud.coolify.deploy.spec import ContainerSpec, HealthCheck
from localcloud.coolify.identifiers import slug

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.coolify.database import Row


@dataclass(frozen=True)
class Plan:
    """What a deployment will do."""

    container: ContainerSpec
    env_text: str
    compose_text: str
    rolling: bool
    """Whether the old container may live until the new one is healthy."""
    why_not_rolling: tuple[str, ...] = ()


def make_plan(
    app: Row, settings: Row, variables: Sequence[Row], version: str, deployment: Row
) -> Plan:
    """The plan for an application as it is configured now; raises EnvFileError."""
    name = _container_name(app, settings)
    text = env_file(app, settings, variables, name, deployment["commit"])
    environment = parse(text)
    image = images.deployed(app["docker_registry_image_name"], app["docker_registry_image_tag"])
    aliases = tuple(part for part in (app["custom_network_aliases"] or "").split(",") if part)
    lines = _labels(app, settings, version)
    reasons = _no_rolling(app, settings)
    container = ContainerSpec(
        name=name,
        image=image,
        network=app["network"],
        aliases=(name, *aliases),
        labels={**_effective(lines, environment), **_compose_labels(app, name, deployment)},
        environment=environment,
        ports=tuple(part for part in (app["ports_mappings"] or "").split(",") if part),
        mounts=tuple(app.get("mounts", ())),
        health=health_check(app),
        options=(*options.limits(app), *options.custom(app["custom_docker_run_options"])),
    )
    return Plan(container, text, _compose(app, container, lines), not reasons, reasons)


def health_check(app: Row) -> HealthCheck | None:
    """The check of an application, or None when it is off."""
    if not app["health_check_enabled"]:
        return None
    command = _health_command(app)
    if command is None:
        return None
    return HealthCheck(
        command,
        app["health_check_interval"],
        app["health_check_timeout"],
        app["health_check_retries"],
        app["health_check_start_period"],
    )


def _health_command(app: Row) -> str | None:
    if app["health_check_type"] == "cmd" and app["health_check_command"]:
        return str(app["health_check_command"])
    port = app["health_check_port"] or (app["ports_exposes"] or "").split(",")[0]
    if not port:
        return None
    scheme, host = app["health_check_scheme"], app["health_check_host"]
    url = quote(f"{scheme}://{host}:{port}{app['health_check_path'] or '/'}")
    method = app["health_check_method"]
    return f"curl -s -X {method} -f {url} >/dev/null || wget -q -O- {url} >/dev/null || exit 1"


def _container_name(app: Row, settings: Row) -> str:
    if settings["custom_internal_name"]:
        return str(settings["custom_internal_name"])
    if settings["is_consistent_container_name_enabled"]:
        return str(app["uuid"])
    now = dt.datetime.now(dt.UTC)
    micro = (now.microsecond + secrets.randbelow(1000)) % 1_000_000
    return f"{app['uuid']}-{now:%H%M%S}{micro:06d}"


def _labels(app: Row, settings: Row, version: str) -> list[str]:
    own = labels.decoded(app["custom_labels"])
    kept = [line.strip() for line in own if not line.strip().startswith("coolify.")]
    if settings["is_container_label_escape_enabled"]:
        kept = [line.replace("$", "$$") for line in kept]
    return [
        *kept,
        "coolify.managed=true",
        f"coolify.version={version}",
        f"coolify.applicationId={app['id']}",
        "coolify.type=application",
        f"coolify.name={slug(app['uuid'])}",
        f"coolify.resourceName={slug(app['name'])}",
        f"coolify.projectName={slug(app['project_name'])}",
        f"coolify.serviceName={slug(app['name'])}",
        f"coolify.environmentName={slug(app['environment_name'])}",
        "coolify.pullRequestId=0",
    ]


def _effective(lines: list[str], environment: dict[str, str]) -> dict[str, str]:
    """Labels as the container gets them, once compose has looked for `$` in them."""
    pairs = (line.partition("=") for line in lines)
    return {key: substitute(value, environment) for key, _, value in pairs}


def _compose_labels(app: Row, name: str, deployment: Row) -> dict[str, str]:
    # Compose runs in a helper's container, where the files are in a folder of the deployment.
    prefix, place = "com.docker.compose", f"/artifacts/{deployment['deployment_uuid']}"
    return {
        f"{prefix}.project": app["uuid"],
        f"{prefix}.service": name,
        f"{prefix}.container-number": "1",
        f"{prefix}.oneoff": "False",
        f"{prefix}.project.working_dir": place,
        f"{prefix}.project.config_files": f"{place}/docker-compose.yaml",
    }


def _no_rolling(app: Row, settings: Row) -> tuple[str, ...]:
    reasons = []
    if app["ports_mappings"]:
        reasons.append("Application has ports mapped to the host system")
    if settings["is_consistent_container_name_enabled"]:
        reasons.append("Consistent container name feature enabled")
    if settings["custom_internal_name"]:
        reasons.append("Custom internal name is set")
    if "--ip" in (app["custom_docker_run_options"] or ""):
        reasons.append("Custom IP address is set")
    return tuple(f"{reason}, rolling update is not supported." for reason in reasons)


def _compose(app: Row, container: ContainerSpec, lines: list[str]) -> str:
    service: dict[str, Any] = {
        "image": container.image,
        "container_name": container.name,
        "restart": "unless-stopped",
        "expose": [part for part in (app["ports_exposes"] or "").split(",") if part],
        "networks": {container.network: {"aliases": list(container.aliases)}},
        "mem_limit": app["limits_memory"],
        "memswap_limit": app["limits_memory_swap"],
        "mem_swappiness": app["limits_memory_swappiness"],
        "mem_reservation": app["limits_memory_reservation"],
        "cpus": float(app["limits_cpus"] or 0),
        "cpu_shares": app["limits_cpu_shares"],
        "env_file": [".env"],
        "labels": lines,
    }
    if container.ports:
        service["ports"] = list(container.ports)
    if container.health:
        service["healthcheck"] = _compose_health(container.health)
    if container.mounts:
        service["volumes"] = list(container.mounts)
    network = {"external": True, "name": container.network, "attachable": True}
    document: dict[str, Any] = {
        "services": {container.name: service},
        "networks": {container.network: network},
    }
    named = [one.partition(":")[0] for one in container.mounts if not one.startswith("/")]
    if named:
        document["volumes"] = {name: {"name": name} for name in named}
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _compose_health(health: HealthCheck) -> dict[str, Any]:
    return {
        "test": ["CMD-SHELL", health.command],
        "interval": f"{health.interval}s",
        "timeout": f"{health.timeout}s",
        "retries": health.retries,
        "start_period": f"{health.start_period}s",
    }

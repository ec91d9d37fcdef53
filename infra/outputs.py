"""The stack's outputs: the `target` that checks and the CLI read."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import pulumi

from common.fingerprint import fingerprint
from infra.app import database
from infra.coolify.platform import API_PORT
from infra.servers.firewall import SHUT_PORTS, WEB_PORTS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.settings import Settings
    from infra.app.service import Service
    from infra.backup.dumps import Dumps
    from infra.coolify.platform import Platform
    from infra.ingress.ingress import Ingress
    from infra.servers.fleet import Fleet
    from infra.servers.host import Host


def _server(host: Host) -> dict[str, Any]:
    return {
        "name": host.server.name,
        "id": host.server.id.apply(int),
        "server_type": host.server.server_type,
        "ipv4": host.address,
        "ssh": host.ssh(),
        "member": host.number > 1,
    }


def _balancer(ingress: Ingress) -> dict[str, Any] | None:
    if ingress.balancer is None:
        return None
    made = ingress.balancer.balancer
    return {"name": made.name, "id": made.id.apply(int), "ipv4": made.ipv4, "ipv6": made.ipv6}


def _service(service: Service, platform: Platform, settings: Settings) -> dict[str, Any]:
    spec, wanted = service.spec, service.spec.wanted
    return {
        "name": spec.name,
        "url": service.url,
        "http": wanted.http,
        "port": spec.port,
        "image": wanted.image,
        "tag": wanted.tag,
        "replicas": wanted.replicas,
        "applications": [application.id for application in service.applications],
        "health_path": wanted.health.path,
        "live_path": wanted.health.livePath,
        "start_seconds": wanted.health.startPeriod,
        "tag_setting": spec.tag_setting,
        "rollout": wanted.rollout,
        "stop_grace": wanted.stopGrace,
        "memory": wanted.memory,
        "slow_path": settings.slow_path,
        "stream_path": settings.stream_path,
        "post_path": settings.post_path,
        "upload_path": settings.upload_path,
        "socket_path": settings.socket_path,
        "variables": platform.token.value.apply(partial(_fingerprints, spec.env)),
    }


def _fingerprints(env: Mapping[str, str], key: str) -> dict[str, str]:
    return {name: fingerprint(key, name, value) for name, value in env.items()}


def _redis(settings: Settings) -> dict[str, Any] | None:
    if settings.redis_url is None:
        return None
    return {"url": pulumi.Output.secret(settings.redis_url.get_secret_value())}


def _registry(settings: Settings) -> dict[str, Any] | None:
    if not settings.registry_server or settings.registry_password is None:
        return None
    return {
        "server": settings.registry_server,
        "username": settings.registry_username,
        "password": pulumi.Output.secret(settings.registry_password.get_secret_value()),
    }


def _expectations(settings: Settings) -> dict[str, Any]:
    return {
        # The defaults are the reader's: only what the stack sets is told.
        **settings.expectations.model_dump(exclude_unset=True),
        "live_latency_ms": settings.live_latency_ms,
        "backups": settings.backups,
        "protect": settings.protect,
        "open_ports": list(WEB_PORTS),
        "ssh_networks": list(settings.ssh_networks),
        "shut_ports": list(SHUT_PORTS),
    }


def target(  # noqa: PLR0913, PLR0917 - everything the stack is made of
    settings: Settings,
    fleet: Fleet,
    platform: Platform,
    services: Sequence[Service],
    ingress: Ingress,
    dumps: Dumps | None = None,
) -> dict[str, Any]:
    """Describe the running stack to an outside observer; see `common.target.Target`."""
    return {
        "stack": pulumi.get_stack(),
        "domain": settings.domain,
        "zone": settings.zone_name,
        "servers": [_server(host) for host in fleet.hosts],
        "balancer": _balancer(ingress),
        "coolify": {
            "version": platform.instance.version,
            "port": API_PORT,
            "token": platform.token.value,
            "email": settings.coolify_root_email,
            "password": platform.root_password.value,
        },
        "hetzner": {
            "endpoint": settings.hcloud_endpoint,
            "token": pulumi.Output.secret(settings.hcloud_token.get_secret_value()),
        },
        "registry": _registry(settings),
        "database": database.target(settings),
        "redis": _redis(settings),
        "services": [_service(service, platform, settings) for service in services],
        "expectations": _expectations(settings),
        "dumps": dumps.target() if dumps else None,
        "maintenance": {
            "now": settings.maintenance.model_dump(mode="json"),
            "window": settings.maintenance_window.model_dump(),
            "migrate_command": settings.migrate_command,
            "migrate_image": settings.migrate_image,
        },
        "vantage": {
            "ca_bundle": settings.ca_bundle or None,
            "nameservers": list(settings.nameservers),
        },
    }

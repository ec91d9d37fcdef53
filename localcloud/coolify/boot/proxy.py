"""Starts the proxy of a server: its files, its container."""

from __future__ import annotations

import logging
import shlex
from typing import Any

import yaml

from localcloud.coolify.deploy.commands import write_file
from localcloud.coolify.remote.shell import Shell, checked

_log = logging.getLogger(__name__)
FOLDER = "/data/coolify/proxy"
COMPOSE = f"{FOLDER}/docker-compose.yml"
NAME = "coolify-proxy"
_IMAGE = "coollabsio/coolify-proxy:1"
_PORTS = ("80:80", "443:443", "443:443/udp", "8080:8080")
_LABELS = ("coolify.managed=true", "coolify.proxy=true")
_NETWORK = "coolify"
_COMMAND = (
    "--ping=true",
    "--ping.entrypoint=http",
    "--entrypoints.http.address=:80",
    "--entrypoints.https.address=:443",
    "--providers.docker=true",
    "--providers.docker.exposedbydefault=false",
    "--providers.file.directory=/traefik/dynamic/",
    "--providers.file.watch=true",
)
"""Traefik's own options; of them the agent reads those that say whose headers are trusted."""
_CATCH_ALL = """\
# Answers for hosts nobody has: made by Coolify, written anew at every start of the proxy.
http:
  routers:
    catchall:
      entryPoints: [http, https]
      service: noop
      rule: PathPrefix(`/`)
      tls: {}
      priority: -1000
  services:
    noop:
      loadBalancer:
        servers: []
"""
_START_SECONDS = 180.0
_HEALTH = "curl -sf http://localhost:80/ping || exit 1"


def start_proxy(shell: Shell, registry: str, saved: str | None = None) -> None:
    """Start the proxy unless it runs from these very settings; raises RemoteError.

    Args:
        shell: of the server.
        registry: of the proxy's image.
        saved: a compose file somebody saved, instead of Coolify's own.
    """
    checked(shell, _files(saved or compose_text(registry)))
    image = f"{registry}/{_IMAGE}"
    running = f"docker ps -q --filter name=^{NAME}$ --filter ancestor={shlex.quote(image)}"
    if checked(shell, running):
        return
    checked(shell, f"docker pull -q {shlex.quote(image)}", _START_SECONDS)
    checked(shell, f"docker rm -f {NAME} >/dev/null 2>&1 || true")
    checked(shell, " ".join(shlex.quote(part) for part in run_command(registry)))
    _log.info("proxy started")


def restart_proxy(shell: Shell, registry: str, saved: str | None = None) -> None:
    """Remove the proxy and start it again."""
    checked(shell, f"docker rm -f {NAME} >/dev/null 2>&1 || true")
    start_proxy(shell, registry, saved)


def run_command(registry: str) -> list[str]:
    """The `docker run` that stands for the compose file."""
    ports = [part for port in _PORTS for part in ("--publish", port)]
    labels = [part for label in _LABELS for part in ("--label", label)]
    health = [f"--health-cmd={_HEALTH}", "--health-interval=4s", "--health-timeout=2s"]
    host = ["--add-host", "host.docker.internal:host-gateway"]
    volumes = [part for volume in _volumes() for part in ("--volume", volume)]
    options = ["--name", NAME, "--restart", "unless-stopped", "--network", _NETWORK]
    image = f"{registry}/{_IMAGE}"
    return ["docker", "run", "-d", *options, *host, *ports, *labels, *health, *volumes, image]


def compose_text(registry: str) -> str:
    """The compose file Coolify leaves behind for the proxy."""
    service: dict[str, Any] = {
        "container_name": NAME,
        "image": f"{registry}/{_IMAGE}",
        "restart": "unless-stopped",
        "extra_hosts": ["host.docker.internal:host-gateway"],
        "networks": [_NETWORK],
        "ports": list(_PORTS),
        "healthcheck": {"test": _HEALTH, "interval": "4s", "timeout": "2s", "retries": 5},
        "volumes": list(_volumes()),
        "command": list(_COMMAND),
        "labels": list(_LABELS),
    }
    networks = {_NETWORK: {"external": True}}
    document = {"name": NAME, "networks": networks, "services": {"traefik": service}}
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _volumes() -> tuple[str, ...]:
    return ("/var/run/docker.sock:/var/run/docker.sock:ro", f"{FOLDER}:/traefik")


def _files(compose: str) -> str:
    return (
        f"mkdir -p {FOLDER}/dynamic\n"
        + write_file(COMPOSE, compose)
        + write_file(f"{FOLDER}/dynamic/default_redirect_503.yaml", _CATCH_ALL)
    )

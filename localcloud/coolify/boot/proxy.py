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
_IMAGE = "library/traefik:v3.6"
_PORTS = ("80:80", "443:443", "443:443/udp", "8080:8080")
_LABELS = (
    "traefik.enable=true",
    "traefik.http.routers.traefik.entrypoints=http",
    "traefik.http.routers.traefik.service=api@internal",
    "traefik.http.services.traefik.loadbalancer.server.port=8080",
    "coolify.managed=true",
    "coolify.proxy=true",
)
_COMPOSE_LABELS = ("com.docker.compose.project=coolify-proxy", "com.docker.compose.service=traefik")
"""What compose adds: Traefik names the container after them."""
_NETWORK = "coolify"
_COMMAND = (
    "--ping=true",
    "--ping.entrypoint=http",
    "--api.dashboard=true",
    "--entrypoints.http.address=:80",
    "--entrypoints.https.address=:443",
    "--entrypoints.http.http.encodequerysemicolons=true",
    "--entryPoints.http.http2.maxConcurrentStreams=250",
    "--entrypoints.https.http.encodequerysemicolons=true",
    "--entryPoints.https.http2.maxConcurrentStreams=250",
    "--entrypoints.https.http3",
    "--providers.file.directory=/traefik/dynamic/",
    "--providers.file.watch=true",
    "--certificatesresolvers.letsencrypt.acme.httpchallenge=true",
    "--certificatesresolvers.letsencrypt.acme.httpchallenge.entrypoint=http",
    "--certificatesresolvers.letsencrypt.acme.storage=/traefik/acme.json",
    "--api.insecure=false",
    "--providers.docker=true",
    "--providers.docker.exposedbydefault=false",
)
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
_HEALTH = "wget -qO- http://localhost:80/ping || exit 1"
_TRUST = "/etc/ssl/certs/ca-certificates.crt"
"""Of the server: it knows the double's authority, which stands for the one of Let's Encrypt."""


def start_proxy(shell: Shell, registry: str, saved: str | None = None) -> None:
    """Start the proxy unless it runs; raises RemoteError.

    Args:
        shell: of the server.
        registry: of the proxy's image.
        saved: a compose file somebody saved, instead of Coolify's own.
    """
    compose = saved or compose_text(registry)
    checked(shell, _files(compose))
    if checked(shell, f"docker ps -q --filter name=^{NAME}$"):
        return
    checked(shell, f"docker pull -q {shlex.quote(_service(compose)['image'])}", _START_SECONDS)
    checked(shell, f"docker rm -f {NAME} >/dev/null 2>&1 || true")
    checked(shell, " ".join(shlex.quote(part) for part in run_command(compose)))
    _log.info("proxy started")


def restart_proxy(shell: Shell, registry: str, saved: str | None = None) -> None:
    """Remove the proxy and start it again."""
    checked(shell, f"docker stop -t 30 {NAME} >/dev/null 2>&1 || true")
    checked(shell, f"docker rm -f {NAME} >/dev/null 2>&1 || true")
    start_proxy(shell, registry, saved)


def run_command(compose: str) -> list[str]:
    """The `docker run` that does what the compose file says."""
    service = _service(compose)
    check = service["healthcheck"]
    return [
        *("docker", "run", "-d", "--name", service["container_name"]),
        *("--restart", service["restart"], "--network", service["networks"][0]),
        *_each("--add-host", service["extra_hosts"]),
        *_each("--publish", service["ports"]),
        *_each("--label", [*_COMPOSE_LABELS, *service["labels"]]),
        f"--health-cmd={check['test']}",
        f"--health-interval={check['interval']}",
        f"--health-timeout={check['timeout']}",
        f"--health-retries={check['retries']}",
        *_each("--volume", [*service["volumes"], f"{_TRUST}:{_TRUST}:ro"]),
        service["image"],
        *service["command"],
    ]


def _each(option: str, values: list[str]) -> list[str]:
    return [part for value in values for part in (option, str(value))]


def _service(compose: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(compose)["services"]["traefik"]
    return found


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
        "volumes": ["/var/run/docker.sock:/var/run/docker.sock:ro", f"{FOLDER}:/traefik"],
        "command": list(_COMMAND),
        "labels": list(_LABELS),
    }
    networks = {_NETWORK: {"external": True}}
    document = {"name": NAME, "networks": networks, "services": {"traefik": service}}
    return yaml.safe_dump(document, sort_keys=False, width=1000)


def _files(compose: str) -> str:
    return (
        f"mkdir -p {FOLDER}/dynamic\n"
        + write_file(COMPOSE, compose)
        + write_file(f"{FOLDER}/dynamic/default_redirect_503.yaml", _CATCH_ALL)
    )

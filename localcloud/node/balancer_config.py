"""Writes HAProxy's configuration for a load balancer, and reads what HAProxy knows of targets."""

from __future__ import annotations

import csv
import shlex
from typing import TYPE_CHECKING

from localcloud.hetzner.load_balancers.spec import TargetHealth
from localcloud.node.rules import admits
from localcloud.node.server_container import public_alias

if TYPE_CHECKING:
    from localcloud.hetzner.load_balancers.spec import (
        BalancerSpec,
        CheckSpec,
        ServiceSpec,
        TargetSpec,
    )

_SERVICE = "service-"
CERTIFICATES = "/etc/haproxy/certificates"
_HTTPS = 443
_NOT_CHECKED = frozenset({"", "INI"})

_GLOBAL = """\
global
  log stdout format raw local0 warning
  stats socket /run/haproxy/admin.sock mode 600 level admin expose-fd listeners
  server-state-file /run/haproxy/state
  nbthread 1
  ssl-default-bind-options ssl-min-ver TLSv1.2
  # A worker that was replaced may finish what it has begun, and no longer.
  hard-stop-after 10m

defaults
  log global
  option redispatch
  # A client that keeps its connection learns of a new worker by an answer, not by a closed door.
  option idle-close-on-response
  timeout connect 5s
  load-server-state-from-file global

resolvers docker
  nameserver engine 127.0.0.11:53
  timeout resolve 1s
  timeout retry 1s
  hold valid 1s
  hold nx 2s

frontend idle
  mode tcp
  timeout client 5s
  bind unix@/run/haproxy/idle.sock
"""


def render(spec: BalancerSpec) -> str:
    """The whole configuration file."""
    parts = [_GLOBAL]
    for service in spec.services:
        parts += [_frontend(service, spec.max_connections), _backend(service, spec)]
        if service.redirect_http:
            parts.append(_redirect(service))
    return "\n".join(parts)


def parse_health(table: str) -> tuple[TargetHealth, ...]:
    """What the CSV of HAProxy's `show stat` says about the targets."""
    rows = csv.DictReader(table.removeprefix("# ").splitlines())
    return tuple(
        _health(row)
        for row in rows
        if row["pxname"].startswith(_SERVICE) and row["svname"] not in {"FRONTEND", "BACKEND"}
    )


def _health(row: dict[str, str]) -> TargetHealth:
    code = row.get("check_code") or ""
    return TargetHealth(
        target=row["svname"],
        listen_port=int(row["pxname"].removeprefix(_SERVICE)),
        status=_status(row),
        detail=row.get("check_desc") or None,
        http_status_code=int(code) if code.isdecimal() and int(code) else None,
    )


def _status(row: dict[str, str]) -> str:
    # A check that runs shows as `* L4OK`.
    known = row.get("check_status", "").removeprefix("* ")
    if row["status"].startswith("MAINT"):
        return "unhealthy"  # behind a firewall, or its name does not resolve: it is off
    if known in _NOT_CHECKED:
        return "unknown"
    return "healthy" if row["status"].startswith("UP") else "unhealthy"


def certificate_files(spec: BalancerSpec) -> dict[str, str]:
    """The certificates of a load balancer: path in the container to chain and key."""
    return {
        path: bundle
        for service in spec.services
        for path, bundle in zip(_certificate_paths(service), service.certificates, strict=True)
    }


def _certificate_paths(service: ServiceSpec) -> list[str]:
    numbers = range(len(service.certificates))
    return [f"{CERTIFICATES}/{service.listen_port}-{number}.pem" for number in numbers]


def _mode(service: ServiceSpec) -> str:
    return "tcp" if service.protocol == "tcp" else "http"


def _bind(service: ServiceSpec) -> str:
    bind = f"bind *:{service.listen_port}"
    if service.protocol != "https":
        return bind
    files = " ".join(f"crt {path}" for path in _certificate_paths(service))
    return f"{bind} ssl {files} alpn h2,http/1.1"


def _redirect(service: ServiceSpec) -> str:
    port = "" if service.listen_port == _HTTPS else f":{service.listen_port}"
    place = f"https://%[req.hdr(host),host_only]{port}%[pathq]"
    return f"""\
frontend redirect-{service.listen_port}
  mode http
  bind *:80
  timeout client {service.timeout_idle}s
  http-request redirect location {place} code 301
"""


def _frontend(service: ServiceSpec, connections: int) -> str:
    idle = f"{service.timeout_idle}s" if _mode(service) == "http" else "1h"
    lines = [
        f"frontend port-{service.listen_port}",
        f"  mode {_mode(service)}",
        f"  {_bind(service)}",
        # Here, not in `global`: there HAProxy would insist on that many file descriptors.
        f"  maxconn {connections}",
        f"  timeout client {idle}",
        f"  default_backend {_SERVICE}{service.listen_port}",
    ]
    if _mode(service) == "http":
        lines += [
            "  option forwardfor",
            f"  http-request set-header X-Forwarded-Proto {service.protocol}",
            f"  http-request set-header X-Forwarded-Port {service.listen_port}",
        ]
    return "\n".join(lines) + "\n"


def _backend(service: ServiceSpec, spec: BalancerSpec) -> str:
    idle = f"{service.timeout_idle}s" if _mode(service) == "http" else "1h"
    lines = [
        f"backend {_SERVICE}{service.listen_port}",
        f"  mode {_mode(service)}",
        f"  balance {'leastconn' if spec.least_connections else 'roundrobin'}",
        f"  timeout server {idle}",
        "  timeout tunnel 1h",
        f"  timeout check {service.check.timeout}s",
        *_check(service.check, spec),
    ]
    if service.cookie is not None:
        name, seconds = service.cookie
        lines.append(f"  cookie {name} insert indirect nocache maxlife {seconds}s")
    lines += [_server(target, service, spec.ipv4) for target in spec.targets]
    return "\n".join(lines) + "\n"


def _check(check: CheckSpec, spec: BalancerSpec) -> list[str]:
    if check.protocol == "tcp":
        return []
    host = (check.domain or spec.name.replace(" ", "-")).replace("%", "%%")
    codes = "|".join(code.replace("?", ".").replace("*", ".*") for code in check.status_codes)
    request = f"meth GET uri {shlex.quote(check.path)} ver HTTP/1.1 hdr Host {shlex.quote(host)}"
    lines = [
        "  option httpchk",
        f"  http-check send {request} hdr Connection close",
        f"  http-check expect rstatus ^({codes})$",
    ]
    if check.response:
        lines.append(f"  http-check expect string {shlex.quote(check.response)}")
    return lines


def _server(target: TargetSpec, service: ServiceSpec, source: str | None) -> str:
    check = service.check
    host = target.address or public_alias(target.server)
    words = [
        f"  server {target.name} {host}:{service.destination_port}",
        f"check port {check.port} inter {check.interval}s",
        f"fall {check.retries} rise {check.retries}",
    ]
    if target.address is None:
        words.append("resolvers docker init-addr libc,none resolve-prefer ipv4")
    if _is_shut_out(target, service, source):
        words.append("disabled")
    if service.proxyprotocol:
        words.append("send-proxy check-send-proxy")
    if check.protocol == "http" and check.tls:
        words.append("check-ssl verify none")
    if service.cookie is not None:
        words.append(f"cookie {target.name}")
    return " ".join(words)


def _is_shut_out(target: TargetSpec, service: ServiceSpec, source: str | None) -> bool:
    """Whether a firewall of the server would drop what comes from the load balancer.

    The containers are on one wire, so that the firewall would not see it.
    """
    if target.address is not None or source is None:
        return False
    ports = (service.destination_port, service.check.port)
    return not all(admits(target.rules, port, source) for port in ports)

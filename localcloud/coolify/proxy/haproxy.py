"""Writes HAProxy's configuration."""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING

from localcloud.coolify.proxy.rules import RuleError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.coolify.proxy.model import Middleware, Probe, Server
    from localcloud.coolify.proxy.resolve import Resolved, Route
    from localcloud.coolify.proxy.trusted import Trusted

RUN = "/run/haproxy"
ADMIN_SOCKET = f"{RUN}/admin.sock"
STATE_FILE = f"{RUN}/state"
CERTIFICATES = f"{RUN}/certificates"
_HEADER_VALUE = re.compile(r"[\x20-\x7e]*")
_HEADER_NAME = re.compile(r"[A-Za-z0-9-]+")
_PATH = re.compile(r"[A-Za-z0-9/_.~%-]+")
_KEPT = 28

_GLOBAL = f"""\
global
  log stdout format raw local0 err
  stats socket {ADMIN_SOCKET} mode 600 level admin expose-fd listeners
  server-state-file {STATE_FILE}
  # A worker that was replaced may finish what it has begun, and no longer.
  hard-stop-after 60s
  tune.ssl.default-dh-param 2048
  ssl-default-bind-options ssl-min-ver TLSv1.2

defaults
  mode http
  log global
  option dontlognull
  option dontlog-normal
  # A client that keeps its connection learns of a new worker by an answer, not by a closed door.
  option idle-close-on-response
  option http-keep-alive
  timeout connect 1s
  timeout client 60s
  timeout server 60s
  timeout http-request 30s
  timeout http-keep-alive 30s
  timeout tunnel 1h
  load-server-state-from-file global
"""


def render(resolved: Resolved, trusted: Trusted | None = None) -> str:
    """The whole configuration file; `trusted` are the networks whose headers are believed."""
    believed = trusted or {}
    backends: dict[str, str] = {}
    http = _frontend("http", "*:80", resolved.on("http"), backends, believed)
    bind = f"*:443 ssl crt {CERTIFICATES}/default.pem crt {CERTIFICATES} alpn h2,http/1.1"
    https = _frontend("https", bind, resolved.on("https"), backends, believed)
    return "\n".join([_GLOBAL, http, https, *(backends[name] for name in sorted(backends))])


def _frontend(
    entry_point: str,
    bind: str,
    routes: Iterable[Route],
    backends: dict[str, str],
    trusted: Trusted,
) -> str:
    port = {"http": 80, "https": 443}[entry_point]
    lines = [
        f"frontend {entry_point}",
        f"  bind {bind}",
        *_forwarded(entry_point, port, trusted.get(entry_point, ())),
    ]
    if entry_point == "http":
        lines.append(
            '  http-request return status 200 content-type text/plain string "OK" '
            "if { path -m str /ping }"
        )
    rules: list[str] = []
    for route in routes:
        lines += _choice(route)
        rules += _rules(route)
        if _always_redirects(route, entry_point):
            continue
        name = _backend_name(route)
        backends[name] = _backend(name, route)
        rules.append(f"  use_backend {name} if {_chosen(route)}")
    lines += [*_sorted(rules), "  default_backend nothing"]
    backends["nothing"] = _NOTHING
    return "\n".join(lines) + "\n"


def _forwarded(entry_point: str, port: int, trusted: tuple[str, ...]) -> list[str]:
    """Headers about the client: those of a trusted sender stay, and its own address is added."""
    stranger = f" if !{{ src {' '.join(trusted)} }}" if trusted else ""
    headers = {
        "X-Real-Ip": "%[src]",
        "X-Forwarded-Proto": entry_point,
        "X-Forwarded-Port": port,
        "X-Forwarded-Host": "%[req.hdr(host)]",
    }
    return [
        f"  http-request del-header X-Forwarded-For{stranger}",
        *(f"  http-request set-header {name} {value}{stranger}" for name, value in headers.items()),
        "  option forwardfor",
    ]


_NOTHING = """\
backend nothing
  http-request return status 404 content-type text/plain string "404 page not found"
"""


def _sorted(rules: list[str]) -> list[str]:
    """What acts on requests before what sends them on: HAProxy reads it in that order anyhow."""
    return sorted(rules, key=lambda rule: rule.lstrip().startswith("use_backend"))


def _always_redirects(route: Route, entry_point: str) -> bool:
    """Whether no request of this router gets past its redirect."""
    redirect = route.middleware("redirectscheme")
    return redirect is not None and redirect.option("scheme", "https") != entry_point


def _choice(route: Route) -> list[str]:
    """The first router whose rule holds is the one; alternatives are lines of their own."""
    name = _quoted(route.router.name)
    return [
        f"  http-request set-var(txn.router) str({name}) "
        f"if !{{ var(txn.router) -m found }} {condition}"
        for condition in route.conditions
    ]


def _chosen(route: Route) -> str:
    return f"{{ var(txn.router) -m str {_quoted(route.router.name)} }}"


def _rules(route: Route) -> list[str]:
    return [
        f"  {action} if {_chosen(route)}{extra}"
        for middleware in route.middlewares
        for action, extra in _actions(middleware)
    ]


def _actions(middleware: Middleware) -> list[tuple[str, str]]:
    """HAProxy's actions for one middleware, each with a further condition."""
    kind = middleware.kind
    if kind == "redirectscheme":
        return _redirect(middleware)
    if kind == "replacepath":
        return [(f"http-request set-path {_path(middleware.option('path'))}", "")]
    if kind == "addprefix":
        return [(f"http-request set-path {_path(middleware.option('prefix'))}%[path]", "")]
    if kind == "stripprefix":
        prefixes = (one.strip() for one in middleware.option("prefixes").split(","))
        return [_strip(prefix) for prefix in prefixes if prefix]
    if kind == "headers":
        return [(action, "") for action in _headers(middleware)]
    return []


def _redirect(middleware: Middleware) -> list[tuple[str, str]]:
    permanent = middleware.option("permanent").lower() == "true"
    scheme = middleware.option("scheme", "https")
    if scheme not in {"http", "https"}:
        raise RuleError(f"{middleware.name}: {scheme!r} is no scheme")
    same = " { ssl_fc }" if scheme == "http" else " !{ ssl_fc }"
    port = middleware.option("port")
    place = f"{scheme}://%[req.hdr(host),host_only]{f':{int(port)}' if port else ''}%[pathq]"
    get, other = ("301", "308") if permanent else ("302", "307")
    reading = " { method GET HEAD }"
    return [
        (f"http-request redirect location {place} code {get}", same + reading),
        (f"http-request redirect location {place} code {other}", same),
    ]


def _strip(prefix: str) -> tuple[str, str]:
    plain = _path(prefix.rstrip("/"))
    action = f"http-request replace-path {re.escape(plain)}(/.*)?$ /%[path,regsub('^{plain}/?','')]"
    return action, f" {{ path -m beg {plain} }}"


def _headers(middleware: Middleware) -> list[str]:
    found = []
    for option, value in middleware.options:
        kind, _, name = option.partition(".")
        verb = {"customrequestheaders": "http-request", "customresponseheaders": "http-response"}
        if kind not in verb or not _HEADER_NAME.fullmatch(name):
            raise RuleError(f"{middleware.name}: option {option!r} is not played")
        if not _HEADER_VALUE.fullmatch(value) or "'" in value:
            raise RuleError(f"{middleware.name}: {value!r} cannot be written")
        found.append(f"{verb[kind]} set-header {name} {_quoted(value.replace('%', '%%'))}")
    return found


def _backend(name: str, route: Route) -> str:
    service = route.service
    lines = [f"backend {name}", "  balance roundrobin", *_retries(route), *_probe(service.probe)]
    lines += [_server(server, service.probe) for server in service.servers]
    return "\n".join(lines) + "\n"


def _retries(route: Route) -> list[str]:
    """Traefik tries again only where a retry middleware says so, and never what was answered."""
    retry = route.middleware("retry")
    attempts = int(retry.option("attempts", "1")) if retry else 1
    if attempts <= 1:
        return ["  retries 0"]
    return [
        f"  retries {attempts - 1}",
        "  option redispatch 1",
        "  retry-on conn-failure empty-response",
        "  http-request disable-l7-retry unless { method GET HEAD OPTIONS PUT DELETE }",
    ]


def _probe(probe: Probe | None) -> list[str]:
    if probe is None:
        return []
    path = _path(probe.path.partition("?")[0])
    return [
        "  option httpchk",
        f"  http-check send meth GET uri {path} ver HTTP/1.1 hdr Host localhost",
        "  http-check expect status 200-399",
        f"  timeout check {_milliseconds(probe.timeout)}",
    ]


def _server(server: Server, probe: Probe | None) -> str:
    line = f"  server {server.name} {server.host}:{server.port}"
    if server.secure:
        line += " ssl verify none"
    if probe is None:
        return line
    line += f" check inter {_milliseconds(probe.interval)} fall 1 rise 1"
    return f"{line} port {probe.port}" if probe.port else line


def _backend_name(route: Route) -> str:
    """One backend for a service and its way of retrying, by a name HAProxy takes."""
    retry = route.middleware("retry")
    key = f"{route.service.name} {retry.option('attempts') if retry else ''}"
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", route.service.name)[:_KEPT]
    return f"{plain}-{hashlib.sha256(key.encode()).hexdigest()[:8]}"


def _milliseconds(seconds: float) -> str:
    return f"{max(1, round(seconds * 1000))}ms"


def _path(path: str) -> str:
    if not _PATH.fullmatch(path):
        raise RuleError(f"{path!r} is no path that can be written")
    return path.replace("%", "%%")


def _quoted(text: str) -> str:
    if "'" in text or not text.isprintable():
        raise RuleError(f"{text!r} holds a character that cannot be written")
    return f"'{text}'"

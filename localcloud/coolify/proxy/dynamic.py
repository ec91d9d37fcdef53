"""Reads the folder of configuration files Traefik would watch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import yaml

from localcloud.coolify.proxy.labels import seconds
from localcloud.coolify.proxy.merge import Merged
from localcloud.coolify.proxy.model import (
    FILE,
    Configuration,
    Middleware,
    Probe,
    Router,
    Server,
    Service,
    full_name,
)
from localcloud.coolify.proxy.resolve import united

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_SUFFIXES = {".yaml", ".yml"}
_NAMES_DEPTH = 2
"""http -> routers -> <name>"""
_PORTS = {"http": 80, "https": 443}
_Table = dict[str, Any]


def read_folder(folder: Path) -> Merged:
    """What all files define together; a file that cannot be read is left out, with a word."""
    found: list[Configuration] = []
    problems: list[str] = []
    for path in files(folder):
        try:
            found.append(parse(path.read_text(encoding="utf-8")))
        except (OSError, yaml.YAMLError, ValueError, TypeError, AttributeError, KeyError) as error:
            problems.append(f"{path.name} is left out: {error}")
    return Merged(united(found), tuple(problems))


def files(folder: Path) -> tuple[Path, ...]:
    """The files that count, in a stable order."""
    return tuple(sorted(path for path in folder.glob("*") if path.suffix in _SUFFIXES))


def parse(text: str) -> Configuration:
    """One file."""
    http = _lower(yaml.safe_load(text) or {}).get("http") or {}
    routers = [_router(name, table) for name, table in (http.get("routers") or {}).items()]
    services = [_service(name, table) for name, table in (http.get("services") or {}).items()]
    middlewares = [
        _middleware(name, table) for name, table in (http.get("middlewares") or {}).items()
    ]
    return Configuration(
        {one.name: one for one in routers},
        {one.name: one for one in services},
        {one.name: one for one in middlewares},
    )


def _router(name: str, table: _Table) -> Router:
    tls = table.get("tls")
    resolver = tls.get("certresolver") if isinstance(tls, dict) else None
    return Router(
        full_name(name, FILE),
        str(table["rule"]),
        tuple(table.get("entrypoints") or ("http", "https")),
        full_name(str(table["service"]), FILE),
        tuple(full_name(str(one), FILE) for one in table.get("middlewares") or ()),
        int(table["priority"]) if table.get("priority") is not None else None,
        tls=tls is not None and tls is not False,
        cert_resolver=resolver,
    )


def _service(name: str, table: _Table) -> Service:
    balancer = table["loadbalancer"] or {}
    check = balancer.get("healthcheck")
    probe = None
    if check:
        interval, timeout = check.get("interval", "30s"), check.get("timeout", "5s")
        probe = Probe(str(check["path"]), seconds(str(interval)), seconds(str(timeout)))
    urls = [str(entry["url"]) for entry in balancer.get("servers") or ()]
    return Service(full_name(name, FILE), tuple(_servers(urls)), probe)


def _servers(urls: Iterable[str]) -> Iterable[Server]:
    for number, url in enumerate(urls, 1):
        parts = urlsplit(url)
        if parts.scheme not in _PORTS or not parts.hostname:
            raise ValueError(f"{url!r} is no address of a server: write http://name:port")
        port = parts.port or _PORTS[parts.scheme]
        yield Server(f"s{number}", parts.hostname, port, parts.scheme == "https")


def _middleware(name: str, table: _Table) -> Middleware:
    kind, options = next(iter(table.items()))
    return Middleware(full_name(name, FILE), kind, tuple(sorted(_flat("", options or {}))))


def _flat(prefix: str, options: _Table) -> Iterable[tuple[str, str]]:
    for key, value in options.items():
        path = f"{prefix}.{key}" if prefix else str(key)
        if isinstance(value, dict):
            yield from _flat(path, value)
        elif isinstance(value, list):
            yield path, ",".join(str(one) for one in value)
        else:
            yield path, str(value)


def _lower(value: Any, depth: int = 0) -> Any:  # noqa: ANN401 - YAML
    """Option names in lower case; names of routers, services, middlewares as they are."""
    if isinstance(value, dict):
        names = depth == _NAMES_DEPTH  # http -> routers -> <name>
        return {
            key if names else str(key).lower(): _lower(item, depth + 1)
            for key, item in value.items()
        }
    return [_lower(item, depth + 1) for item in value] if isinstance(value, list) else value

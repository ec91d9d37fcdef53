"""Reads the labels of one container."""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.coolify.proxy.model import (
    DOCKER,
    Configuration,
    Middleware,
    Probe,
    Router,
    Server,
    Service,
    full_name,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

_LABEL = re.compile(r"traefik\.http\.(routers|services|middlewares)\.([^.=]+)\.(.+)", re.IGNORECASE)
_DURATION = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_BALANCER = "loadbalancer."
_ALL_ENTRY_POINTS = ("http", "https")
_TRUE = "true"
_Options = dict[str, str]


class LabelError(ValueError):
    """A container's labels make no sense; the text names the container and the label."""


@dataclass(frozen=True)
class Container:
    """A running container, as far as routing goes."""

    id: str
    name: str
    address: str
    labels: Mapping[str, str]
    ports: tuple[int, ...] = ()
    """Exposed ports, lowest first."""

    @property
    def enabled(self) -> bool:
        """Whether it asks to be routed to."""
        return self.labels.get("traefik.enable", "").lower() == _TRUE


def read(container: Container) -> Configuration:
    """What a container's labels define; raises LabelError."""
    found = _sorted(container.labels)
    services = {
        full_name(name, DOCKER): _service(container, name, options)
        for name, options in found["services"].items()
    }
    if found["routers"] and not services:
        own = re.sub(r"[^A-Za-z0-9-]+", "-", container.name)
        services[full_name(own, DOCKER)] = _service(container, own, {})
    routers = [
        _router(container, name, options, tuple(services))
        for name, options in found["routers"].items()
    ]
    middlewares = [_middleware(name, options) for name, options in found["middlewares"].items()]
    return Configuration(
        {router.name: router for router in routers},
        services,
        {middleware.name: middleware for middleware in middlewares},
    )


def seconds(text: str) -> float:
    """A duration such as `5s` or `1m30s`, or a bare number of seconds; raises ValueError."""
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    parts = _DURATION.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        raise ValueError(f"{text!r} is no duration: write 5s, 500ms or 1m")
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _sorted(labels: Mapping[str, str]) -> dict[str, dict[str, _Options]]:
    """Labels by kind and name; option names in lower case, for they are read in any."""
    found: dict[str, dict[str, _Options]] = {"routers": {}, "services": {}, "middlewares": {}}
    for label, value in labels.items():
        match = _LABEL.fullmatch(label)
        if match:
            kind, name, option = match[1].lower(), match[2], match[3].lower()
            found[kind].setdefault(name, {})[option] = value.strip()
    return found


def _service(container: Container, name: str, options: _Options) -> Service:
    chosen = {key.removeprefix(_BALANCER): value for key, value in options.items()}
    port = chosen.get("server.port") or (container.ports[0] if container.ports else None)
    if port is None:
        raise LabelError(f"{container.name}: service {name} has no port, and none is exposed")
    try:
        secure = chosen.get("server.scheme") == "https"
        server = Server(container.id, container.address, int(port), secure)
        return Service(full_name(name, DOCKER), (server,), _probe(chosen))
    except ValueError as error:
        raise LabelError(f"{container.name}: service {name}: {error}") from None


def _probe(options: _Options) -> Probe | None:
    path = options.get("healthcheck.path")
    if not path:
        return None
    port = options.get("healthcheck.port")
    return Probe(
        path if path.startswith("/") else f"/{path}",
        seconds(options.get("healthcheck.interval", "30s")),
        seconds(options.get("healthcheck.timeout", "5s")),
        int(port) if port else None,
    )


def _router(
    container: Container, name: str, options: _Options, services: tuple[str, ...]
) -> Router:
    rule = options.get("rule", "")
    if not rule:
        raise LabelError(f"{container.name}: router {name} has no rule")
    service = options.get("service")
    if not service and len(services) != 1:
        raise LabelError(f"{container.name}: router {name} names no service, and there are several")
    try:
        priority = int(options["priority"]) if "priority" in options else None
    except ValueError:
        raise LabelError(f"{container.name}: router {name}: its priority is no number") from None
    return Router(
        full_name(name, DOCKER),
        rule,
        _words(options.get("entrypoints", "")) or _ALL_ENTRY_POINTS,
        full_name(service, DOCKER) if service else services[0],
        tuple(full_name(word, DOCKER) for word in _words(options.get("middlewares", ""))),
        priority,
        tls=any(key == "tls" or key.startswith("tls.") for key in options)
        and options.get("tls", _TRUE).lower() == _TRUE,
        cert_resolver=options.get("tls.certresolver") or None,
    )


def _middleware(name: str, options: _Options) -> Middleware:
    kinds: defaultdict[str, list[tuple[str, str]]] = defaultdict(list)
    for key, value in options.items():
        kind, _, option = key.partition(".")
        kinds[kind].append((option, value))
    kind, pairs = next(iter(kinds.items()))
    return Middleware(full_name(name, DOCKER), kind, tuple(sorted(pairs)))


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())

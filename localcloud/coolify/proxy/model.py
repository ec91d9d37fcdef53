"""Routers, services and middlewares: what Traefik would make of labels and files."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

DOCKER, FILE = "docker", "file"
"""Where a definition comes from; the part of its full name behind `@`."""


@dataclass(frozen=True)
class Router:
    """Which requests go to which service."""

    name: str
    """Full name, `<name>@<provider>`; so are the names it refers to."""
    rule: str
    entry_points: tuple[str, ...]
    service: str
    middlewares: tuple[str, ...] = ()
    priority: int | None = None
    tls: bool = False
    cert_resolver: str | None = None

    @property
    def rank(self) -> int:
        """The higher, the earlier it is tried: the priority, else the rule's length."""
        return len(self.rule) if self.priority is None else self.priority


@dataclass(frozen=True)
class Probe:
    """An active health check; times in seconds."""

    path: str
    interval: float = 30.0
    timeout: float = 5.0
    port: int | None = None


@dataclass(frozen=True)
class Server:
    """One address of a service."""

    name: str
    host: str
    port: int
    secure: bool = False


@dataclass(frozen=True)
class Service:
    """Addresses that answer alike."""

    name: str
    servers: tuple[Server, ...] = ()
    probe: Probe | None = None

    def settings(self) -> Service:
        """The service without its servers: what has to be equal for a merge."""
        return replace(self, servers=())


@dataclass(frozen=True)
class Middleware:
    """Something done to requests of a router."""

    name: str
    kind: str
    """Lower case: redirectscheme, retry, stripprefix, ..."""
    options: tuple[tuple[str, str], ...] = ()

    def option(self, name: str, default: str = "") -> str:
        """One option by its lower-case name."""
        return dict(self.options).get(name, default)


@dataclass(frozen=True)
class Configuration:
    """Everything known, by full name."""

    routers: dict[str, Router] = field(default_factory=dict)
    services: dict[str, Service] = field(default_factory=dict)
    middlewares: dict[str, Middleware] = field(default_factory=dict)


def full_name(name: str, provider: str) -> str:
    """A name with its provider, which it may carry already."""
    return name if "@" in name else f"{name}@{provider}"

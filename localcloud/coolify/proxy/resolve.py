"""Decides what of a configuration can be used: routers with a rule, a service, middlewares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from localcloud.coolify.proxy.model import Configuration, Middleware, Router, Service
from localcloud.coolify.proxy.rules import RuleError, conditions, hosts

if TYPE_CHECKING:
    from collections.abc import Iterable

_IGNORED = {"compress"}
"""Middlewares whose absence nobody would notice."""
SUPPORTED = {"redirectscheme", "retry", "stripprefix", "replacepath", "addprefix", "headers"}


@dataclass(frozen=True)
class Route:
    """A router that works."""

    router: Router
    service: Service
    middlewares: tuple[Middleware, ...]
    conditions: tuple[str, ...]
    """HAProxy conditions, of which one has to hold."""

    def middleware(self, kind: str) -> Middleware | None:
        """The first middleware of a kind."""
        return next((one for one in self.middlewares if one.kind == kind), None)


@dataclass(frozen=True)
class Resolved:
    """The routes of each entry point in the order they are tried, and what was wrong."""

    routes: tuple[Route, ...]
    problems: tuple[str, ...]

    def on(self, entry_point: str) -> tuple[Route, ...]:
        """The routes of one entry point; with TLS, those that speak it."""
        return tuple(
            route
            for route in self.routes
            if entry_point in route.router.entry_points
            and (route.router.tls or entry_point != "https")
        )

    def certificates(self) -> tuple[str, ...]:
        """Hosts a certificate has to be got for."""
        found = [
            host
            for route in self.routes
            if route.router.tls and route.router.cert_resolver
            for host in hosts(route.router.rule)
        ]
        return tuple(dict.fromkeys(found))


def united(configurations: Iterable[Configuration]) -> Configuration:
    """Configurations of different providers side by side."""
    whole = Configuration()
    for one in configurations:
        whole.routers.update(one.routers)
        whole.services.update(one.services)
        whole.middlewares.update(one.middlewares)
    return whole


def resolve(configuration: Configuration) -> Resolved:
    """Follow the references of every router; one that leads nowhere takes its router with it."""
    routes: list[Route] = []
    problems: list[str] = []
    for router in configuration.routers.values():
        try:
            routes.append(_route(configuration, router))
        except (LookupError, RuleError) as error:
            problems.append(f"Router {router.name} is left out: {error.args[0]}")
    routes.sort(key=lambda route: (-route.router.rank, route.router.name))
    return Resolved(tuple(routes), tuple(problems))


def _route(configuration: Configuration, router: Router) -> Route:
    service = configuration.services.get(router.service)
    if service is None:
        raise LookupError(f"the service {router.service!r} does not exist")
    found = [_middleware(configuration, name) for name in router.middlewares]
    used = tuple(one for one in found if one.kind not in _IGNORED)
    return Route(router, service, used, conditions(router.rule))


def _middleware(configuration: Configuration, name: str) -> Middleware:
    middleware = configuration.middlewares.get(name)
    if middleware is None:
        raise LookupError(f"the middleware {name!r} does not exist")
    if middleware.kind not in SUPPORTED | _IGNORED:
        raise LookupError(f"the middleware {name!r} is a {middleware.kind}, which is not played")
    return middleware

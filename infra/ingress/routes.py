"""What a server's proxy does with requests, as Traefik's dynamic files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common import proxy_file
from infra.ingress.load_balancer import HEALTH_HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

API_HOST = "traefik-coolify-proxy"
"""Traefik's default rule for Coolify's own router: compose's service and project."""
_ABOVE_ALL = 1_000_000
_ABOVE_LABELS = 1000  # a router's own priority is the length of its rule


def service_routes(balancer: str, hosts: Mapping[str, str], asks: str = "") -> tuple[str, str]:
    """Return the file for the services, and a path that tells that it is in force.

    TLS has ended at the load balancer already, so what comes from its address by plain HTTP goes
    to the service instead of being led to HTTPS. Everybody else is led there as before.

    Args:
        balancer: private address of the load balancer.
        hosts: full host name of each service, by the service's name.
        asks: private address of the server whose proxy asks for certificates; empty on that one.
    """
    routers: dict[str, Any] = {
        f"{service}-balanced": _router(f"Host(`{host}`)", balancer, service)
        for service, host in hosts.items()
    }
    if asks:
        routers["balancer-challenges"] = _CHALLENGES
    path, marker = proxy_file.mark({**routers, "asks": asks} if asks else routers)
    services = {"balancer-challenges": {"loadBalancer": {"servers": [{"url": f"http://{asks}"}]}}}
    return _file({**routers, "balancer-mark": marker}, services if asks else None), path


_CHALLENGES = {
    "rule": "PathPrefix(`/.well-known/acme-challenge/`)",
    "entryPoints": ["http"],
    "service": "balancer-challenges",
    "priority": _ABOVE_ALL,
}
"""The vendor's question comes to any server behind the load balancer; one can answer it."""


def health_route(balancer: str, service: str, path: str) -> tuple[str, str]:
    """Return the file that lets the load balancer's check through to a service's live path.

    And a path that tells that it is in force.

    A file of its own: without it the server gets no requests, and so leaves before a shutdown.
    """
    rule = f"Host(`{HEALTH_HOST}`) && Path(`{path}`)"
    routers = {"balancer-health": _router(rule, balancer, service)}
    mark, marker = proxy_file.mark(routers)
    return _file({**routers, "balancer-health-mark": marker}), mark


def api_shut() -> str:
    """Return the file that shuts the proxy's own API to all but its own container.

    Coolify gives its proxy a router to the API without a rule, so that everybody who sends the
    container's name as the host reads it. Its labels and flags come back whenever it writes them
    anew; a router of higher priority for the same host stays.
    """
    inside = {"ipAllowList": {"sourceRange": ["127.0.0.1/32", "::1/128"]}}
    routers = {
        "nutri-api": _api_router("http"),
        "nutri-api-tls": {**_api_router("https"), "tls": {}},
    }
    return proxy_file.text(
        {"http": {"routers": routers, "middlewares": {"nutri-api-inside": inside}}}
    )


def _api_router(entry_point: str) -> dict[str, Any]:
    return {
        "rule": f"Host(`{API_HOST}`)",
        "entryPoints": [entry_point],
        "service": "api@internal",
        "middlewares": ["nutri-api-inside"],
        "priority": _ABOVE_ALL,
    }


def _file(routers: Mapping[str, Any], services: Mapping[str, Any] | None = None) -> str:
    http = {"routers": dict(routers)} | ({"services": dict(services)} if services else {})
    return proxy_file.text({"http": http})


def _router(rule: str, balancer: str, service: str) -> dict[str, Any]:
    return {
        "rule": f"{rule} && ClientIP(`{balancer}`)",
        "entryPoints": ["http"],
        "service": f"{service}@docker",
        "middlewares": [f"{service}-retry@docker"],
        "priority": _ABOVE_LABELS,
    }

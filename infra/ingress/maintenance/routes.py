"""What Coolify's proxy reads: routes to the maintenance page that come before all others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common import proxy_file
from common.maintenance import PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

    from common.maintenance import Maintenance

PORT = 8503
_SERVICE = "nutri-maintenance"
# A router of a service has the length of its rule as its priority.
_PAGE_PRIORITY = 100_000
_BANNER_PRIORITY = 100_001
_PAST_PRIORITY = 150_000
MARK = "/.nutri/maintenance"
"""A path that the proxy answers with 418 while it has our file in force."""


def routes(one: Maintenance, services: Mapping[str, str], balancer: str = "") -> str:
    """Return a file of the proxy's dynamic configuration, in YAML.

    Args:
        one: the maintenance, announced or on.
        services: host name by service.
        balancer: private address of the load balancer, where TLS ends; empty where there is none.
    """
    routers: dict[str, Any] = {"nutri-maintenance-mark": proxy_file.marker(MARK)}
    for name, host in sorted(services.items()):
        if one.concerns(name):
            rule = f"Host(`{host}`) && Path(`{PATH}`)"
            routers |= _routers(f"{name}-banner", rule, _BANNER_PRIORITY, balancer)
        if one.covers(name):
            routers |= _routers(f"{name}-page", f"Host(`{host}`)", _PAGE_PRIORITY, balancer)
    # The proxy's container knows its machine by this name; so does Coolify itself.
    servers = [{"url": f"http://host.docker.internal:{PORT}"}]
    services_of_proxy = {_SERVICE: {"loadBalancer": {"servers": servers}}}
    whole = {"http": {"routers": routers, "services": services_of_proxy}}
    return proxy_file.text(whole)


def past(services: Mapping[str, str], balancer: str = "") -> list[str]:
    """Return labels of a container that lead past the page.

    The proxy heeds labels also while it heeds no file, because one of them is broken.

    Args:
        services: host name by service.
        balancer: private address of the load balancer; empty where there is none.
    """
    # A container without a port is none to the proxy.
    labels = ["traefik.enable=true", "traefik.http.services.nutri-past.loadbalancer.server.port=9"]
    for name, host in sorted(services.items()):
        ways = {f"{name}-past": (f"Host(`{host}`)", "https")}
        if balancer:
            ways[f"{name}-past-balanced"] = (f"Host(`{host}`) && ClientIP(`{balancer}`)", "http")
        for router, (rule, entry_point) in ways.items():
            before = f"traefik.http.routers.{router}"
            labels += [
                f"{before}.rule={rule}",
                f"{before}.entryPoints={entry_point}",
                f"{before}.priority={_PAST_PRIORITY}",
                f"{before}.service={name}",
                f"{before}.middlewares={name}-retry",
                *([f"{before}.tls=true"] if entry_point == "https" else []),
            ]
    return labels


def _routers(name: str, rule: str, priority: int, balancer: str) -> dict[str, Any]:
    # Plain HTTP is led to HTTPS by the service's own router; `tls: {}` takes its certificate.
    common = {"priority": priority, "service": _SERVICE}
    made: dict[str, Any] = {name: {**common, "rule": rule, "entryPoints": ["https"], "tls": {}}}
    if balancer:
        behind = f"{rule} && ClientIP(`{balancer}`)"
        made[f"{name}-balanced"] = {**common, "rule": behind, "entryPoints": ["http"]}
    return made

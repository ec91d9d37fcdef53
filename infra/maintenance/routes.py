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


def routes(one: Maintenance, services: Mapping[str, str]) -> str:
    """Return a file of the proxy's dynamic configuration, in YAML.

    Args:
        one: the maintenance, announced or on.
        services: host name by service.
    """
    routers: dict[str, Any] = {}
    for name, host in sorted(services.items()):
        if one.concerns(name):
            rule = f"Host(`{host}`) && Path(`{PATH}`)"
            routers[f"{name}-banner"] = _router(rule, _BANNER_PRIORITY)
        if one.covers(name):
            routers[f"{name}-page"] = _router(f"Host(`{host}`)", _PAGE_PRIORITY)
    # The proxy's container knows its machine by this name; so does Coolify itself.
    servers = [{"url": f"http://host.docker.internal:{PORT}"}]
    services_of_proxy = {_SERVICE: {"loadBalancer": {"servers": servers}}}
    whole = {"http": {"routers": routers, "services": services_of_proxy}}
    return proxy_file.text(whole)


def _router(rule: str, priority: int) -> dict[str, Any]:
    # Plain HTTP is led to HTTPS by the service's own router; `tls: {}` takes its certificate.
    return {
        "rule": rule,
        "priority": priority,
        "entryPoints": ["https"],
        "tls": {},
        "service": _SERVICE,
    }

"""What a server's proxy does with requests from the load balancer, as Traefik's dynamic file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml

from infra.balancer import HEALTH_HOST, HEALTH_PATH

if TYPE_CHECKING:
    from collections.abc import Mapping

_ABOVE_LABELS = 1000  # a router's own priority is the length of its rule


def dynamic_file(balancer: str, hosts: Mapping[str, str], health_service: str) -> str:
    """Return the file.

    TLS has ended at the load balancer already, so what comes from its address by plain HTTP goes
    to the service instead of being led to HTTPS. Everybody else is led there as before.

    Args:
        balancer: private address of the load balancer.
        hosts: full host name of each service, by the service's name.
        health_service: the service whose health decides whether the server gets requests.
    """
    routers = {
        f"{service}-balanced": _router(f"Host(`{host}`)", balancer, service)
        for service, host in hosts.items()
    }
    rule = f"Host(`{HEALTH_HOST}`) && Path(`{HEALTH_PATH}`)"
    routers["balancer-health"] = _router(rule, balancer, health_service)
    return yaml.safe_dump({"http": {"routers": routers}}, width=1000)


def _router(rule: str, balancer: str, service: str) -> dict[str, Any]:
    return {
        "rule": f"{rule} && ClientIP(`{balancer}`)",
        "entryPoints": ["http"],
        "service": f"{service}@docker",
        "middlewares": [f"{service}-retry@docker"],
        "priority": _ABOVE_LABELS,
    }

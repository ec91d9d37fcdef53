"""Before this server stops: it gets nothing new, and what is under way ends.

A systemd unit calls it on every shutdown, whoever asked for that: a resize, a reboot after an
upgrade, somebody's hand. Docker ends only then.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import time
from typing import TYPE_CHECKING

from agent.drain import routes, sockets
from agent.drain.engine import Container, proxy_addresses

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.drain.engine import Docker, Json
    from agent.drain.routes import Proxy

PRIORITY = 90_000
"""Above all services' routes, below the maintenance page's: who sees that is told more."""
TURN_AWAY_SECONDS = 12.0
"""A load balancer has learned of it by then: two looks, three seconds apart, of three at most."""
_FORCE_SECONDS = 10.0
_LOOK_SECONDS = 0.25
_QUIET_LOOKS = 2  # between two of them a connection may have been about to come
_SERVICE = re.compile(r"traefik\.http\.services\.([^.]+)\.loadbalancer\.server\.port")


def door() -> Path:
    """The proxy's file that turns everybody away."""
    return routes.DYNAMIC / "nutri-leaving.yaml"


def leave(docker: Docker, proxy: Proxy, grace: float) -> str:
    """Be left by everybody, and tell how that ended.

    Args:
        docker: of this server.
        proxy: of this server.
        grace: seconds that what is under way may take.
    """
    health = routes.DYNAMIC / "balancer-health.yaml"
    if health.exists():
        health.unlink()
        time.sleep(TURN_AWAY_SECONDS)
    is_shut = _shut(proxy)
    count = _wait_for_quiet(docker, grace)
    left = f"{count} connections are left after {grace:.0f} s" if count else "nothing is under way"
    return left if is_shut else f"{left}; the proxy takes no file that turns people away"


def _shut(proxy: Proxy) -> bool:
    """Turn away all but the load balancer, which knows; whether that is in force."""
    made = configuration(routes.balancer())
    routes.write(door(), json.dumps(made, indent=1) + "\n")
    deadline = time.monotonic() + _FORCE_SECONDS
    while not proxy.answers(_MARK):
        if time.monotonic() > deadline:
            return False
        time.sleep(_LOOK_SECONDS)
    return True


_MARK = "/.nutri/leaving"


def configuration(balancer: str) -> Json:
    """Return the file: 503, and when to come again."""
    rule = "HostRegexp(`.+`)" + (f" && !ClientIP(`{balancer}`)" if balancer else "")
    away = {"rule": rule, "service": "nutri-leaving", "middlewares": ["nutri-leaving"]}
    mark = {"rule": f"Path(`{_MARK}`)", "service": "noop@internal", "entryPoints": ["http"]}
    return {
        "http": {
            "routers": {
                "nutri-leaving": {
                    **away,
                    "priority": PRIORITY,
                    "entryPoints": ["https"],
                    "tls": {},
                },
                "nutri-leaving-plain": {**away, "priority": PRIORITY, "entryPoints": ["http"]},
                "nutri-leaving-mark": {**mark, "priority": routes.MARK_PRIORITY},
            },
            "middlewares": {
                "nutri-leaving": {"headers": {"customResponseHeaders": {"Retry-After": "60"}}}
            },
            "services": {"nutri-leaving": {"loadBalancer": {"servers": []}}},
        }
    }


def _wait_for_quiet(docker: Docker, grace: float) -> int:
    """Wait until nothing is under way to any service; how much is after the grace."""
    deadline, quiet, count = time.monotonic() + grace, 0, 0
    while quiet < _QUIET_LOOKS and time.monotonic() < deadline:
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            count = _under_way(docker)
            quiet = 0 if count else quiet + 1
        time.sleep(_LOOK_SECONDS)
    return count


def _under_way(docker: Docker) -> int:
    listed = docker.running()
    proxies = proxy_addresses(listed)
    return sum(sockets.under_way(docker.pid(one.id), one.port, proxies) for one in _routed(listed))


def _routed(listed: list[Json]) -> Iterator[Container]:
    for one in listed:
        found = (_SERVICE.fullmatch(key) for key in one.get("Labels") or {})
        names = [match.group(1) for match in found if match]
        if names and (container := Container(one, names[0])).is_routed:
            yield container

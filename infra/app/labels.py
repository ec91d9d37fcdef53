"""The Traefik labels that put N equal containers behind one host name."""

from __future__ import annotations

NONE = ["traefik.enable=false"]
"""The labels of what the proxy has nothing to do with."""


def routing(
    service: str, host: str, port: int, health_path: str, *, asks: bool = True
) -> list[str]:
    """Return the labels of one service, in a stable order.

    Traefik merges same-named services of several containers into one list of servers only when
    all their definitions are equal, and drops a router that is defined in two ways: every replica
    on a server must carry these very lines.

    Args:
        service: name of router and service.
        host: full host name.
        port: port the container listens on.
        health_path: path of the proxy's own health check, which takes a draining replica out.
        asks: whether the server's proxy asks for the certificate.
    """
    router = f"traefik.http.routers.{service}"
    balancer = f"traefik.http.services.{service}.loadbalancer"
    retry = f"traefik.http.middlewares.{service}-retry.retry"
    redirect = f"traefik.http.middlewares.{service}-https.redirectscheme"
    return [
        "traefik.enable=true",
        f"{router}.rule=Host(`{host}`)",
        f"{router}.entryPoints=https",
        f"{router}.tls=true",
        *([f"{router}.tls.certresolver=letsencrypt"] if asks else []),
        f"{router}.service={service}",
        f"{router}.middlewares={service}-retry",
        f"{router}-http.rule=Host(`{host}`)",
        f"{router}-http.entryPoints=http",
        f"{router}-http.service={service}",
        f"{router}-http.middlewares={service}-https",
        f"{retry}.attempts=3",
        f"{retry}.initialinterval=100ms",
        f"{redirect}.scheme=https",
        f"{redirect}.permanent=true",
        f"{balancer}.server.port={port}",
        f"{balancer}.healthcheck.path={health_path}",
        f"{balancer}.healthcheck.interval=1s",
        # One late answer takes a replica out, and a busy machine is late; a draining one is not.
        f"{balancer}.healthcheck.timeout=3s",
        # A connection of its own each time: those that are kept are requests of users then, and
        # a replica that takes no more connections is found out.
        f"{balancer}.healthcheck.headers.Connection=close",
    ]

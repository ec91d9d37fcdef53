"""Removing what an instance left on this machine, found by its label, not by memory."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from docker.errors import APIError, ImageNotFound, NotFound

from localcloud.node import docker_engine
from localcloud.node.balancers import BALANCER_LABEL
from localcloud.node.errors import EngineMissingError
from localcloud.node.redirects import Redirects
from localcloud.node.server_container import SERVER_LABEL
from localcloud.node.storage_boxes import BOX_LABEL
from localcloud.settings import INSTANCE_LABEL

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

IMAGES = "localcloud/"
_AT_ONCE = 4


def remove_all(instance: Instance, tell: Callable[[str], None], *, images: bool = False) -> None:
    """Remove containers, volumes, networks, captured images and redirections of an instance.

    `images` removes the built images too, which all instances share.
    """
    if Redirects.available():
        Redirects(instance.prefix).clear()  # those of a process that was killed
    try:
        client = docker_engine.connect()
    except EngineMissingError:
        tell("no Docker engine answers: there are no containers to remove")
        return
    label = _label(instance)
    containers = client.containers.list(all=True, filters=label, ignore_removed=True)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        list(pool.map(_remove_container, containers))
    volumes = client.volumes.list(filters=label)
    networks = client.networks.list(filters=label)
    for remove in (*(one.remove for one in volumes), *(one.remove for one in networks)):
        with suppress(NotFound):
            remove()
    captured = _remove_images(client, f"{instance.prefix}/")
    tell(
        f"removed {len(containers)} containers, {len(volumes)} volumes, {len(networks)} networks "
        f"and {captured} captured images"
    )
    if images:
        tell(f"removed {_remove_images(client, IMAGES)} built images")


def services_of(instance: Instance) -> list[Container]:
    """The containers of an instance that are no machines, by name; none without an engine."""
    try:
        client = docker_engine.connect()
    except EngineMissingError:
        return []
    found = client.containers.list(all=True, filters=_label(instance), ignore_removed=True)
    machines = {SERVER_LABEL, BALANCER_LABEL, BOX_LABEL}
    services = [one for one in found if machines.isdisjoint(one.labels)]
    return sorted(services, key=lambda container: str(container.name))


def _label(instance: Instance) -> dict[str, str | list[str] | bool]:
    return {"label": f"{INSTANCE_LABEL}={instance.name}"}


def _remove_container(container: Container) -> None:
    with suppress(NotFound):
        container.remove(force=True, v=True)


def _remove_images(client: DockerClient, prefix: str) -> int:
    tags = [tag for image in client.images.list() for tag in image.tags if tag.startswith(prefix)]
    return sum(_removed(client, tag) for tag in tags)


def _removed(client: DockerClient, tag: str) -> bool:
    try:
        client.images.remove(tag, force=True)
    except (APIError, ImageNotFound):  # another instance's container runs it
        return False
    return True

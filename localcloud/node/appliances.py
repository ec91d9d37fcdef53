"""Containers that are one of the cloud's appliances each: a load balancer, a Storage Box.

Names: `<prefix>-<kind>-<id>`; the kind is the name of its image as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from docker.errors import NotFound

from localcloud.node.errors import NodeError
from localcloud.node.images import builder

if TYPE_CHECKING:
    from collections.abc import Callable

    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance


class Appliances:
    """Those of one kind in an instance."""

    def __init__(self, client: DockerClient, instance: Instance, kind: str) -> None:
        """Nothing is asked of the engine yet."""
        self._client = client
        self._prefix = instance.prefix
        self._images = builder(client, instance)
        self._kind = kind

    def name(self, number: int) -> str:
        """The name of a container."""
        return f"{self._prefix}-{self._kind}-{number}"

    def up(self, number: int, create: Callable[[str], Container]) -> Container:
        """Have one run, of the image as it is now.

        Args:
            number: its id.
            create: makes the container of an image, where there is none yet.
        """
        tag = self._images.ensure([self._kind])[self._kind]
        container = self._find(number)
        if container is not None and container.attrs["Config"]["Image"] != tag:
            container.remove(force=True, v=True)
            container = None
        if container is None:
            container = create(tag)
        if container.status != "running":
            container.start()
        return container

    def running(self, number: int) -> Container:
        """One that runs; raises NodeError where it does not."""
        container = self._find(number)
        if container is None or container.status != "running":
            raise NodeError(f"{self._kind.replace('-', ' ')} {number} does not run")
        return container

    def delete(self, number: int) -> None:
        """Remove one; none is no error."""
        container = self._find(number)
        if container is not None:
            container.remove(force=True, v=True)

    def _find(self, number: int) -> Container | None:
        try:
            return self._client.containers.get(self.name(number))
        except NotFound:
            return None


def output_of(container: Container, command: list[str]) -> str:
    """What a command prints; raises NodeError with that where it fails."""
    code, output = container.exec_run(command)
    text = cast("bytes", output).decode(errors="replace")
    if code:
        raise NodeError(f"`{command[-1]}` in {container.name} failed: {text.strip()}")
    return text

"""Snapshots and backups: the root disk as an image of the engine, its Docker data as a tar.

Committing a container leaves its volumes out, so the volume of the server's own engine is kept
beside the committed image. A running server is frozen meanwhile: what is kept is what a power cut
would have left, as with a real snapshot.
"""

from __future__ import annotations

import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

from docker.errors import APIError, ImageNotFound

from localcloud.node import base_image
from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient
    from docker.models.containers import Container

    from localcloud.settings import Instance

_GB = 1000**3
_TAR = ("tar", "--xattrs", "--xattrs-include=*", "--numeric-owner", "--one-file-system")
# trusted.overlay.* attributes carry deletions and are SYS_ADMIN's to read and write.
_CAPABILITIES = ["SYS_ADMIN"]
_PAUSE_TRIES, _PAUSE_SECONDS = 5, 1.0


class Captures:
    """The captured images of one instance."""

    def __init__(self, client: DockerClient, instance: Instance) -> None:
        """Tars go to `<home>/images`."""
        self._client = client
        self._instance = instance
        self._folder = instance.home / "images"

    def tag(self, image_id: int) -> str:
        """The engine's name of a captured root disk."""
        return f"{self._instance.prefix}/image:{image_id}"

    def known(self, image_id: int) -> bool:
        """Whether both halves are there."""
        try:
            self._client.images.get(self.tag(image_id))
        except ImageNotFound:
            return False
        return self._tar(image_id).is_file()

    def take(self, container: Container, volume: str, image_id: int) -> float:
        """Keep a server's disk as `image_id`; returns its size in GB; raises NodeError."""
        self._folder.mkdir(parents=True, exist_ok=True)
        repository, tag = self.tag(image_id).split(":")
        part = self._tar(image_id).with_suffix(".part")
        with _frozen(container):
            image = container.commit(repository, tag, pause=False)
            self._archive(volume, part.name)
        part.replace(self._tar(image_id))
        return (int(image.attrs["Size"]) + self._tar(image_id).stat().st_size) / _GB

    def restore(self, image_id: int, volume: str) -> None:
        """Fill an empty volume with the Docker data of a captured image; raises NodeError."""
        name = self._tar(image_id).name
        self._helper(
            [*_TAR, "-C", "/disk", "-xpf", f"/images/{name}"],
            {volume: {"bind": "/disk", "mode": "rw"}},
        )

    def drop(self, image_id: int) -> None:
        """Forget a captured image; none is no error."""
        with suppress(ImageNotFound):
            self._client.images.remove(self.tag(image_id), force=True)
        self._tar(image_id).unlink(missing_ok=True)

    def _archive(self, volume: str, name: str) -> None:
        self._helper(
            [*_TAR, "-C", "/disk", "-cf", f"/images/{name}", "."],
            {volume: {"bind": "/disk", "mode": "ro"}},
        )

    def _helper(self, command: list[str], volumes: dict[str, dict[str, str]]) -> None:
        try:
            self._client.containers.run(
                base_image.DEBIAN,
                command,
                remove=True,
                network_mode="none",
                cap_add=_CAPABILITIES,
                labels=self._instance.labels,
                volumes={**volumes, str(self._folder): {"bind": "/images", "mode": "rw"}},
            )
        except APIError as error:
            raise NodeError(f"copying the server's disk failed: {error}") from error

    def _tar(self, image_id: int) -> Path:
        return self._folder / f"{image_id}.tar"


@contextmanager
def _frozen(container: Container) -> Iterator[None]:
    container.reload()
    if container.status != "running":
        yield
        return
    _pause(container)
    try:
        yield
    finally:
        container.unpause()


def _pause(container: Container) -> None:
    """On a busy machine the kernel gives up while one of many processes does not stand still."""
    for left in reversed(range(_PAUSE_TRIES)):
        try:
            container.pause()
        except APIError as error:
            if not left or "unable to freeze" not in str(error):
                raise
            time.sleep(_PAUSE_SECONDS)
        else:
            return

"""Images and their rules."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError, NotFoundError, ProtectedError

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

BACKUP_SLOTS = 7
CAPTURED = frozenset({"snapshot", "backup"})


@dataclass(frozen=True)
class CreatedFrom:
    """The server an image was made of; it may be gone."""

    id: int
    name: str


@dataclass(frozen=True)
class Image:
    """A disk a server can start from."""

    id: int
    type: str
    """system, app, snapshot or backup."""
    status: str
    """creating or available."""
    name: str | None
    """None for snapshots and backups."""
    description: str
    image_size: float | None
    """GB; None where the vendor keeps the image."""
    disk_size: float
    """GB of disk a server needs for it."""
    created: str
    os_flavor: str
    os_version: str | None
    architecture: str
    created_from: CreatedFrom | None = None
    bound_to: int | None = None
    """The server a backup belongs to."""
    rapid_deploy: bool = False
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def source(self) -> str:
        """The image as machines know it."""
        return f"image:{self.id}" if self.type in CAPTURED else f"system:{self.name}"


class Images:
    """The vendor's images, and those captured from servers."""

    def __init__(self, cloud: Cloud, offered: tuple[Image, ...]) -> None:
        self._cloud = cloud
        self._offered = {image.id: image for image in offered}
        self._table = cloud.state.table("image", Image)

    def all(self) -> list[Image]:
        """Every image."""
        return [*self._offered.values(), *self._table]

    def captured(self) -> list[Image]:
        """The snapshots and backups."""
        return list(self._table)

    def get(self, number: int) -> Image:
        """The image; raises NotFoundError."""
        image = self._offered.get(number) or self._table.get(number)
        if image is None:
            raise NotFoundError.thing("image", number)
        return image

    def for_server(self, key: int | str, architecture: str) -> Image:
        """The image a server is to be made of; raises InvalidInputError."""
        by_id = isinstance(key, int) or key.isdecimal()
        for image in self.all():
            named = image.name == key and image.architecture == architecture
            if named or (by_id and image.id == int(key)):
                break
        else:
            raise InvalidInputError.field("image", f"image {str(key)!r} not found")
        if image.architecture != architecture:
            raise InvalidInputError.field("image", f"image is for {image.architecture} only")
        if image.status != "available":
            raise InvalidInputError.field("image", f"image is {image.status}")
        return image

    def put(self, image: Image) -> Image:
        """Keep a captured image."""
        return self._table.put(image)

    def backups_of(self, server_id: int) -> list[Image]:
        """The backups bound to a server, oldest first."""
        return [image for image in self._table if image.bound_to == server_id]

    def update(
        self, image: Image, description: str | None, kind: str | None, labels: dict[str, str] | None
    ) -> Image:
        """Change what is not None; `kind` can only turn a backup into a snapshot."""
        self._check_captured(image)
        changed = replace(
            image,
            description=image.description if description is None else description,
            labels=image.labels if labels is None else labels,
        )
        if kind == "snapshot":
            changed = replace(changed, type="snapshot", bound_to=None)
        return self._table.put(changed)

    def check_protectable(self, image: Image) -> None:
        """Raise InvalidInputError for anything but a snapshot."""
        if image.type != "snapshot":
            raise InvalidInputError.field("delete", "only snapshots can be protected")

    def protect(self, number: int, delete: bool) -> Image:
        """Guard a snapshot against deletion, or stop to."""
        return self._table.put(replace(self.get(number), delete_protection=delete))

    def check_deletable(self, image: Image) -> None:
        """Raise ProtectedError, or NotFoundError for the vendor's own images."""
        self._check_captured(image)
        if image.delete_protection:
            raise ProtectedError("Image deletion is protected")

    def forget(self, image: Image) -> None:
        """Strike out an image that was never captured."""
        self._table.drop(image.id)

    async def delete(self, image: Image) -> None:
        """Forget the image and its data."""
        self._table.drop(image.id)
        await self._cloud.in_thread(self._cloud.machines.drop_image, image.id)

    def _check_captured(self, image: Image) -> None:
        if image.type not in CAPTURED:
            raise NotFoundError.thing("image", image.id)

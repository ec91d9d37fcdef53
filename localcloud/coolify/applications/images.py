"""Names, tags and digests of images, as Coolify stores and deploys them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from localcloud.coolify.applications.fields import IMAGE_NAME, IMAGE_TAG
from localcloud.coolify.errors import ValidationFailedError

_DIGEST = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True)
class ImageName:
    """An image as the two columns hold it."""

    name: str
    """Repository; `@sha256` at its end means the tag is a digest."""
    tag: str


def stored(name: str, tag: str | None) -> ImageName:
    """Split what a create request says into the two columns; raises ValidationFailedError."""
    whole = f"{name}:{tag}" if tag else name
    repository, at, digest = whole.partition("@sha256")
    if at:
        return _checked(ImageName(f"{repository}@sha256", digest.removeprefix(":")))
    slash, colon = whole.rfind("/"), whole.rfind(":")
    if colon > slash:
        return _checked(ImageName(whole[:colon], whole[colon + 1 :]))
    return _checked(ImageName(whole, "latest"))


def deployed(name: str, tag: str | None) -> str:
    """The reference that is pulled."""
    wanted = tag or "latest"
    if name.endswith("@sha256"):
        return f"{name}:{wanted.removeprefix('sha256-')}"
    if wanted.startswith("sha256-"):
        return f"{name}@sha256:{wanted.removeprefix('sha256-')}"
    return f"{name}:{wanted}"


def _checked(image: ImageName) -> ImageName:
    if not re.fullmatch(IMAGE_NAME, image.name):
        raise ValidationFailedError(
            {"docker_registry_image_name": ["The image name must be a repository without a tag."]}
        )
    pattern = _DIGEST if image.name.endswith("@sha256") else re.compile(IMAGE_TAG)
    if not pattern.fullmatch(image.tag):
        raise ValidationFailedError(
            {"docker_registry_image_tag": ["The image tag format is invalid."]}
        )
    return image

"""Images over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import (
    JSON,
    Answer,
    Body,
    Labels,
    cloud_of,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import among, answer_list, ordered, wanted
from localcloud.hetzner.nouns import noun_routes

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.images.models import Image


class Update(Body):
    """PUT /images/{id}."""

    description: str | None = None
    type: Literal["snapshot"] | None = None
    labels: Labels | None = None


class Protection(Body):
    """POST /images/{id}/actions/change_protection."""

    delete: bool | None = None


def shape(image: Image) -> JSON:
    """The image as the API shows it."""
    origin = image.created_from
    return {
        "id": image.id,
        "type": image.type,
        "status": image.status,
        "name": image.name,
        "description": image.description,
        "image_size": image.image_size,
        "disk_size": image.disk_size,
        "created": image.created,
        "created_from": {"id": origin.id, "name": origin.name} if origin else None,
        "bound_to": image.bound_to,
        "os_flavor": image.os_flavor,
        "os_version": image.os_version,
        "rapid_deploy": image.rapid_deploy,
        "protection": {"delete": image.delete_protection},
        "deprecated": None,
        "deprecation": None,
        "deleted": None,
        "labels": image.labels,
        "architecture": image.architecture,
    }


async def list_all(request: Request) -> Response:
    """GET /images."""
    found = wanted(request, cloud_of(request).images.all())
    found = among(request, "type", found, lambda image: image.type)
    found = among(request, "status", found, lambda image: image.status)
    found = among(request, "architecture", found, lambda image: image.architecture)
    found = among(request, "bound_to", found, lambda image: image.bound_to)
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "images", [shape(image) for image in ranked])


async def get(request: Request) -> Response:
    """GET /images/{id}."""
    return Answer({"image": shape(_image(request))})


async def update(request: Request) -> Response:
    """PUT /images/{id}."""
    image = _image(request)
    body = await parse(request, Update)
    changed = cloud_of(request).images.update(image, body.description, body.type, body.labels)
    return Answer({"image": shape(changed)})


async def delete(request: Request) -> Response:
    """DELETE /images/{id}."""
    images = cloud_of(request).images
    image = _image(request)
    images.check_deletable(image)
    await images.delete(image)
    return no_content()


async def change_protection(request: Request) -> Response:
    """POST /images/{id}/actions/change_protection."""
    cloud = cloud_of(request)
    image = _image(request)
    body = await parse(request, Protection)
    if body.delete is None:
        raise InvalidInputError.field("delete", "is missing")
    wish = body.delete
    cloud.images.check_protectable(image)

    async def work() -> None:
        cloud.images.protect(image.id, wish)

    return one_action(await cloud.actions.finish("change_protection", [("image", image.id)], work))


def _image(request: Request) -> Image:
    return cloud_of(request).images.get(path_id(request))


ROUTES = [
    *routes_for("images", "image", lambda request: _image(request).id),
    *noun_routes(
        "images", list_all, get, update=update, delete=delete, actions=(change_protection,)
    ),
]

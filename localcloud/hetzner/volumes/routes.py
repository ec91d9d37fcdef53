"""Volumes over HTTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from pydantic import Field

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.http import (
    JSON,
    Answer,
    Body,
    IdOrName,
    Labels,
    cloud_of,
    created,
    no_content,
    parse,
    path_id,
)
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.locations.routes import shape as shape_location
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.volumes.models import Volume

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.actions.models import Work
    from localcloud.hetzner.cloud import Cloud


class Create(Body):
    """POST /volumes."""

    name: str = Field(min_length=1, max_length=64)
    size: int
    location: IdOrName | None = None
    server: int | None = None
    format: Literal["ext4", "xfs"] | None = None
    automount: bool = False
    labels: Labels = Field(default_factory=dict)


class Update(Body):
    """PUT /volumes/{id}."""

    name: str | None = Field(None, min_length=1, max_length=64)
    labels: Labels | None = None


class Attach(Body):
    """POST .../actions/attach."""

    server: int
    automount: bool = False


class Resize(Body):
    """POST .../actions/resize."""

    size: int


class Protection(Body):
    """POST .../actions/change_protection."""

    delete: bool | None = None


def shape(volume: Volume) -> JSON:
    """The volume as the API shows it."""
    location = find(LOCATIONS, volume.location)
    return {
        "id": volume.id,
        "name": volume.name,
        "size": volume.size,
        "status": "available",
        "server": volume.server,
        "location": shape_location(location) if location else None,
        "linux_device": volume.linux_device,
        "format": volume.format,
        "created": volume.created,
        "protection": {"delete": volume.delete_protection},
        "labels": volume.labels,
    }


async def list_all(request: Request) -> Response:
    """GET /volumes; all are available."""
    found = wanted(request, cloud_of(request).volumes.all())
    if set(request.query_params.getlist("status")) == {"creating"}:
        found = []
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "volumes", [shape(volume) for volume in ranked])


async def create(request: Request) -> Response:
    """POST /volumes: for a location, or for a server it is attached to."""
    cloud = cloud_of(request)
    body = await parse(request, Create)
    cloud.volumes.check_size(body.size)
    volume = cloud.volumes.create(_new(cloud, body))

    async def work() -> None:
        """Nothing to do: a volume is a line in the books."""

    resources = [("volume", volume.id)]
    action = await cloud.actions.finish("create_volume", resources, work)
    following = []
    if body.server is not None:
        following.append(await _attach(cloud, volume, body.server))
    return created(
        {
            "volume": shape(cloud.volumes.get(volume.id)),
            "action": shape_action(action),
            "next_actions": following,
        }
    )


async def get(request: Request) -> Response:
    """GET /volumes/{id}."""
    return Answer({"volume": shape(_volume(request))})


async def update(request: Request) -> Response:
    """PUT /volumes/{id}."""
    volume = _volume(request)
    body = await parse(request, Update)
    changed = cloud_of(request).volumes.update(volume, body.name, body.labels)
    return Answer({"volume": shape(changed)})


async def delete(request: Request) -> Response:
    """DELETE /volumes/{id}."""
    cloud_of(request).volumes.delete(_volume(request))
    return no_content()


async def attach(request: Request) -> Response:
    """POST .../actions/attach."""
    cloud, volume = cloud_of(request), _volume(request)
    body = await parse(request, Attach)
    server = cloud.servers.require(body.server, "server")
    cloud.volumes.check_attachable(volume, server.location)
    cloud.actions.check_unlocked(server.id)
    return created({"action": await _attach(cloud, volume, server.id)})


async def detach(request: Request) -> Response:
    """POST .../actions/detach."""
    cloud, volume = cloud_of(request), _volume(request)
    server_id = cloud.volumes.check_attached(volume)
    cloud.actions.check_unlocked(server_id)

    async def work() -> None:
        cloud.volumes.attach(volume.id, None)

    resources = [("volume", volume.id), ("server", server_id)]
    return one_action(await cloud.actions.finish("detach_volume", resources, work))


async def resize(request: Request) -> Response:
    """POST .../actions/resize."""
    cloud, volume = cloud_of(request), _volume(request)
    body = await parse(request, Resize)
    cloud.volumes.check_growth(volume, body.size)

    async def work() -> None:
        cloud.volumes.change(volume.id, size=body.size)

    return await _act(request, "resize_volume", volume, work)


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    cloud, volume = cloud_of(request), _volume(request)
    body = await parse(request, Protection)
    wished = volume.delete_protection if body.delete is None else body.delete

    async def work() -> None:
        cloud.volumes.change(volume.id, delete_protection=wished)

    return await _act(request, "change_protection", volume, work)


def _new(cloud: Cloud, body: Create) -> Volume:
    server = None if body.server is None else cloud.servers.require(body.server, "server")
    named = None
    if body.location is not None:
        named = require(LOCATIONS, body.location, "location").name
    if server is not None:
        cloud.actions.check_unlocked(server.id)
    return Volume(
        id=cloud.state.next_id(),
        name=body.name,
        size=body.size,
        location=cloud.volumes.location_of(server, named),
        created=cloud.clock.stamp(),
        format=body.format,
        labels=body.labels,
    )


async def _attach(cloud: Cloud, volume: Volume, server_id: int) -> JSON:
    async def work() -> None:
        cloud.volumes.attach(volume.id, server_id)

    resources = [("volume", volume.id), ("server", server_id)]
    return shape_action(await cloud.actions.finish("attach_volume", resources, work))


async def _act(request: Request, command: str, volume: Volume, work: Work) -> Response:
    resources = [("volume", volume.id)]
    return one_action(await cloud_of(request).actions.finish(command, resources, work))


def _volume(request: Request) -> Volume:
    return cloud_of(request).volumes.get(path_id(request))


ROUTES = [
    *routes_for("volumes", "volume", lambda request: _volume(request).id),
    *noun_routes(
        "volumes",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(attach, detach, resize, change_protection),
    ),
]

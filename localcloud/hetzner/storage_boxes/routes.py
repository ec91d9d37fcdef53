"""Storage Boxes over HTTP."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

from localcloud.hetzner.actions.routes import one_action, routes_for
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.catalogue import find, require
from localcloud.hetzner.errors import InvalidInputError
from localcloud.hetzner.http import JSON, Answer, cloud_of, created, parse, path_id
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.locations.routes import shape as shape_location
from localcloud.hetzner.nouns import noun_routes
from localcloud.hetzner.ssh_keys.models import fingerprint
from localcloud.hetzner.storage_box_types.models import PLACES, STORAGE_BOX_TYPES
from localcloud.hetzner.storage_box_types.routes import shape as shape_type
from localcloud.hetzner.storage_boxes import part_routes
from localcloud.hetzner.storage_boxes.models import (
    AccessSettings,
    StorageBox,
    check_password,
)
from localcloud.hetzner.storage_boxes.requests import (
    Access,
    ChangeType,
    Create,
    Password,
    Plan,
    Protection,
    Update,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.cloud import Cloud


async def shape(box: StorageBox, cloud: Cloud) -> JSON:
    """The box as the API shows it."""
    location = find(LOCATIONS, box.location)
    data = await cloud.storage_boxes.used(box)
    return {
        "id": box.id,
        "username": box.username,
        "status": "active",
        "name": box.name,
        "storage_box_type": shape_type(box.kind),
        "location": shape_location(location) if location else None,
        "access_settings": asdict(box.access),
        "server": box.server,
        "system": f"{box.location.upper()}-BX001",
        "stats": {"size": data, "size_data": data, "size_snapshots": 0},
        "labels": box.labels,
        "protection": {"delete": box.delete_protection},
        "snapshot_plan": asdict(box.plan) if box.plan else None,
        "created": box.created,
    }


async def list_all(request: Request) -> Response:
    """GET /storage_boxes."""
    cloud = cloud_of(request)
    found = wanted(request, cloud.storage_boxes.all())
    ranked = ordered(request, found, ("id", "name", "created"))
    return answer_list(request, "storage_boxes", [await shape(one, cloud) for one in ranked])


async def create(request: Request) -> Response:
    """POST /storage_boxes: only where there are any."""
    cloud = cloud_of(request)
    box = cloud.storage_boxes.put(_new(cloud, await parse(request, Create)))

    async def work() -> None:
        await cloud.storage_boxes.apply(box.id)

    action = await cloud.actions.finish("create", [("storage_box", box.id)], work)
    return created({"storage_box": await shape(box, cloud), "action": shape_action(action)})


def _new(cloud: Cloud, body: Create) -> StorageBox:
    location = require(LOCATIONS, body.location, "location").name
    if location not in PLACES:
        raise InvalidInputError.field(
            "location", f"has no storage boxes; they are in {', '.join(PLACES)}"
        )
    check_password(body.password)
    for key in body.ssh_keys:
        fingerprint(key)
    return StorageBox(
        id=cloud.state.next_id(),
        name=body.name,
        type=require(STORAGE_BOX_TYPES, body.storage_box_type, "storage_box_type").name,
        location=location,
        username=cloud.storage_boxes.new_username(),
        password=body.password,
        ssh_keys=tuple(body.ssh_keys),
        created=cloud.clock.stamp(),
        access=body.access_settings.over(AccessSettings()),
        labels=body.labels,
    )


async def get(request: Request) -> Response:
    """GET /storage_boxes/{id}."""
    return Answer({"storage_box": await shape(_box(request), cloud_of(request))})


async def update(request: Request) -> Response:
    """PUT /storage_boxes/{id}."""
    cloud, box = cloud_of(request), _box(request)
    body = await parse(request, Update)
    wishes = body.model_dump(exclude_none=True)
    changed = cloud.storage_boxes.put(StorageBox(**{**vars(box), **wishes}))
    return Answer({"storage_box": await shape(changed, cloud)})


async def delete(request: Request) -> Response:
    """DELETE /storage_boxes/{id}: answers with an action."""
    cloud, box = cloud_of(request), _box(request)
    cloud.storage_boxes.check_deletable(box)

    async def work() -> None:
        await cloud.storage_boxes.remove(box.id)

    return one_action(await cloud.actions.finish("delete", [("storage_box", box.id)], work))


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    box = _box(request)
    body = await parse(request, Protection)
    wished = box.delete_protection if body.delete is None else body.delete
    return await _change(request, delete_protection=wished)


async def change_type(request: Request) -> Response:
    """POST .../actions/change_type: never to less than is in it."""
    cloud, box = cloud_of(request), _box(request)
    body = await parse(request, ChangeType)
    kind = require(STORAGE_BOX_TYPES, body.storage_box_type, "storage_box_type")
    if await cloud.storage_boxes.used(box) > kind.size:
        raise InvalidInputError.field("storage_box_type", "is smaller than what is stored")
    return await _change(request, type=kind.name)


async def reset_password(request: Request) -> Response:
    """POST .../actions/reset_password."""
    body = await parse(request, Password)
    check_password(body.password)
    return await _change(request, password=body.password)


async def update_access_settings(request: Request) -> Response:
    """POST .../actions/update_access_settings."""
    body = await parse(request, Access)
    return await _change(request, access=body.over(_box(request).access))


async def enable_snapshot_plan(request: Request) -> Response:
    """POST .../actions/enable_snapshot_plan."""
    body = await parse(request, Plan)
    return await _change(request, plan=body.plan())


async def disable_snapshot_plan(request: Request) -> Response:
    """POST .../actions/disable_snapshot_plan."""
    return await _change(request, plan=None)


async def _change(request: Request, **fields: object) -> Response:
    """Run the action the path names, which changes these fields."""
    cloud, box = cloud_of(request), _box(request)

    async def work() -> None:
        cloud.storage_boxes.change(box.id, **fields)
        await cloud.storage_boxes.apply(box.id)

    command = request.url.path.rsplit("/", 1)[1]
    return one_action(await cloud.actions.finish(command, [("storage_box", box.id)], work))


def _box(request: Request) -> StorageBox:
    return cloud_of(request).storage_boxes.get(path_id(request))


ROUTES = [
    *routes_for("storage_boxes", "storage_box", lambda request: _box(request).id),
    *noun_routes(
        "storage_boxes",
        list_all,
        get,
        create=create,
        update=update,
        delete=delete,
        actions=(
            change_protection,
            change_type,
            reset_password,
            update_access_settings,
            enable_snapshot_plan,
            disable_snapshot_plan,
        ),
    ),
    *part_routes.ROUTES,
]

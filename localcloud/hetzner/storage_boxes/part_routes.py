"""Snapshots and subaccounts of Storage Boxes over HTTP."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

from pydantic import Field
from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.http import (
    JSON,
    Answer,
    Body,
    IdOrName,
    Labels,
    cloud_of,
    created,
    parse,
    path_id,
)
from localcloud.hetzner.listing import answer_list, ordered, wanted
from localcloud.hetzner.storage_boxes.models import AccessSettings, check_password
from localcloud.hetzner.storage_boxes.parts import BoxSnapshot, Subaccount, check_home
from localcloud.hetzner.storage_boxes.requests import Access, Password

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.storage_boxes.models import StorageBox


class NewSnapshot(Body):
    """POST .../snapshots."""

    description: str = ""
    labels: Labels = Field(default_factory=dict)


class ChangeSnapshot(Body):
    """PUT .../snapshots/{part}."""

    description: str | None = None
    labels: Labels | None = None


class Rollback(Body):
    """POST .../actions/rollback_snapshot."""

    snapshot: IdOrName


class SubAccess(Access):
    """The access settings of a subaccount."""

    readonly: bool | None = None


class NewSubaccount(Body):
    """POST .../subaccounts."""

    home_directory: str
    password: str
    name: str = ""
    access_settings: SubAccess = SubAccess()
    description: str = ""
    labels: Labels = Field(default_factory=dict)


class ChangeSubaccount(Body):
    """PUT .../subaccounts/{part}."""

    name: str | None = Field(None, min_length=1)
    description: str | None = None
    labels: Labels | None = None


class Home(Body):
    """POST .../subaccounts/{part}/actions/change_home_directory."""

    home_directory: str


def shape_snapshot(one: BoxSnapshot) -> JSON:
    """The snapshot as the API shows it."""
    return {
        "id": one.id,
        "name": one.name,
        "description": one.description,
        "is_automatic": one.is_automatic,
        "stats": {"size": one.size, "size_filesystem": one.size},
        "labels": one.labels,
        "created": one.created,
        "storage_box": one.box,
    }


def shape_subaccount(one: Subaccount) -> JSON:
    """The subaccount as the API shows it: never the password."""
    access = {key: on for key, on in asdict(one.access).items() if key != "zfs_enabled"}
    return {
        "id": one.id,
        "name": one.name,
        "username": one.username,
        "server": one.server,
        "home_directory": one.home_directory,
        "access_settings": {**access, "readonly": one.readonly},
        "description": one.description,
        "labels": one.labels,
        "created": one.created,
        "storage_box": one.box,
    }


async def list_snapshots(request: Request) -> Response:
    """GET .../snapshots."""
    found = wanted(request, cloud_of(request).box_snapshots.of(_box(request).id))
    wish = request.query_params.get("is_automatic")
    chosen = [one for one in found if wish is None or (wish == "true") is one.is_automatic]
    ranked = ordered(request, chosen, ("id", "name", "created"))
    return answer_list(request, "snapshots", [shape_snapshot(one) for one in ranked])


async def take_snapshot(request: Request) -> Response:
    """POST .../snapshots."""
    cloud, box = cloud_of(request), _box(request)
    body = await parse(request, NewSnapshot)
    used = await cloud.storage_boxes.used(box)
    number = cloud.box_snapshots.take(box, used, body.description, body.labels)

    async def work() -> None:
        """The books have it already."""

    resources = [("storage_box", box.id), ("storage_box_snapshot", number)]
    action = await cloud.actions.finish("create_snapshot", resources, work)
    shown = {"id": number, "storage_box": box.id}
    return created({"snapshot": shown, "action": shape_action(action)})


async def get_snapshot(request: Request) -> Response:
    """GET .../snapshots/{part}."""
    return Answer({"snapshot": shape_snapshot(_snapshot(request))})


async def update_snapshot(request: Request) -> Response:
    """PUT .../snapshots/{part}."""
    wishes = (await parse(request, ChangeSnapshot)).model_dump(exclude_none=True)
    changed = cloud_of(request).box_snapshots.put(replace(_snapshot(request), **wishes))
    return Answer({"snapshot": shape_snapshot(changed)})


async def delete_snapshot(request: Request) -> Response:
    """DELETE .../snapshots/{part}: answers with an action."""
    cloud, one = cloud_of(request), _snapshot(request)

    async def work() -> None:
        cloud.box_snapshots.drop(one.id)

    resources = [("storage_box", one.box), ("storage_box_snapshot", one.id)]
    return one_action(await cloud.actions.finish("delete_snapshot", resources, work))


async def rollback_snapshot(request: Request) -> Response:
    """POST .../actions/rollback_snapshot: what the box holds stays as it is here."""
    cloud, box = cloud_of(request), _box(request)
    cloud.box_snapshots.find(box.id, (await parse(request, Rollback)).snapshot)

    async def work() -> None:
        """No data is kept with a snapshot."""

    resources = [("storage_box", box.id)]
    return one_action(await cloud.actions.finish("rollback_snapshot", resources, work))


async def list_subaccounts(request: Request) -> Response:
    """GET .../subaccounts."""
    found = wanted(request, cloud_of(request).subaccounts.of(_box(request).id))
    name = request.query_params.get("username")
    chosen = [one for one in found if name in {None, one.username}]
    ranked = ordered(request, chosen, ("id", "created"))
    return answer_list(request, "subaccounts", [shape_subaccount(one) for one in ranked])


async def add_subaccount(request: Request) -> Response:
    """POST .../subaccounts."""
    cloud, box = cloud_of(request), _box(request)
    body = await parse(request, NewSubaccount)
    wish = Subaccount(
        id=cloud.state.next_id(),
        box=box.id,
        name=body.name,
        username="",
        password=body.password,
        home_directory=body.home_directory,
        created=cloud.clock.stamp(),
        access=_access(body.access_settings, AccessSettings()),
        readonly=bool(body.access_settings.readonly),
        description=body.description,
        labels=body.labels,
    )
    one = cloud.subaccounts.add(box, wish)

    async def work() -> None:
        """The books have it already."""

    resources = [("storage_box", box.id), ("storage_box_subaccount", one.id)]
    action = await cloud.actions.finish("create_subaccount", resources, work)
    shown = {"id": one.id, "storage_box": box.id}
    return created({"subaccount": shown, "action": shape_action(action)})


async def get_subaccount(request: Request) -> Response:
    """GET .../subaccounts/{part}."""
    return Answer({"subaccount": shape_subaccount(_subaccount(request))})


async def update_subaccount(request: Request) -> Response:
    """PUT .../subaccounts/{part}."""
    wishes = (await parse(request, ChangeSubaccount)).model_dump(exclude_none=True)
    changed = replace(_subaccount(request), **wishes)
    accounts = cloud_of(request).subaccounts
    accounts.check_name(changed)
    return Answer({"subaccount": shape_subaccount(accounts.put(changed))})


async def delete_subaccount(request: Request) -> Response:
    """DELETE .../subaccounts/{part}: answers with an action."""
    cloud, one = cloud_of(request), _subaccount(request)

    async def work() -> None:
        cloud.subaccounts.drop(one.id)

    resources = [("storage_box", one.box), ("storage_box_subaccount", one.id)]
    return one_action(await cloud.actions.finish("delete_subaccount", resources, work))


async def change_home_directory(request: Request) -> Response:
    """POST .../actions/change_home_directory."""
    home = (await parse(request, Home)).home_directory
    check_home(home)
    return await _change(request, home_directory=home)


async def reset_subaccount_password(request: Request) -> Response:
    """POST .../actions/reset_subaccount_password."""
    password = (await parse(request, Password)).password
    check_password(password)
    return await _change(request, password=password)


async def update_access_settings(request: Request) -> Response:
    """POST .../actions/update_access_settings."""
    body, one = await parse(request, SubAccess), _subaccount(request)
    readonly = one.readonly if body.readonly is None else body.readonly
    return await _change(request, access=_access(body, one.access), readonly=readonly)


async def _change(request: Request, **fields: object) -> Response:
    cloud, one = cloud_of(request), _subaccount(request)

    async def work() -> None:
        known = cloud.subaccounts.get(one.box, one.id)
        cloud.subaccounts.put(replace(known, **fields))  # type: ignore[arg-type]

    command = request.url.path.rsplit("/", 1)[1]
    resources = [("storage_box", one.box), ("storage_box_subaccount", one.id)]
    return one_action(await cloud.actions.finish(command, resources, work))


def _access(wish: SubAccess, before: AccessSettings) -> AccessSettings:
    return Access(**wish.model_dump(exclude={"readonly"})).over(before)


def _box(request: Request) -> StorageBox:
    return cloud_of(request).storage_boxes.get(path_id(request))


def _snapshot(request: Request) -> BoxSnapshot:
    return cloud_of(request).box_snapshots.get(_box(request).id, path_id(request, "part"))


def _subaccount(request: Request) -> Subaccount:
    return cloud_of(request).subaccounts.get(_box(request).id, path_id(request, "part"))


_BOX = "/storage_boxes/{id:int}"
_SNAPSHOT, _SUBACCOUNT = f"{_BOX}/snapshots/{{part:int}}", f"{_BOX}/subaccounts/{{part:int}}"
ROUTES = [
    Route(path, handler, methods=[method])
    for method, path, handler in (
        ("GET", f"{_BOX}/snapshots", list_snapshots),
        ("POST", f"{_BOX}/snapshots", take_snapshot),
        ("GET", _SNAPSHOT, get_snapshot),
        ("PUT", _SNAPSHOT, update_snapshot),
        ("DELETE", _SNAPSHOT, delete_snapshot),
        ("POST", f"{_BOX}/actions/rollback_snapshot", rollback_snapshot),
        ("GET", f"{_BOX}/subaccounts", list_subaccounts),
        ("POST", f"{_BOX}/subaccounts", add_subaccount),
        ("GET", _SUBACCOUNT, get_subaccount),
        ("PUT", _SUBACCOUNT, update_subaccount),
        ("DELETE", _SUBACCOUNT, delete_subaccount),
        ("POST", f"{_SUBACCOUNT}/actions/change_home_directory", change_home_directory),
        ("POST", f"{_SUBACCOUNT}/actions/reset_subaccount_password", reset_subaccount_password),
        ("POST", f"{_SUBACCOUNT}/actions/update_access_settings", update_access_settings),
    )
]

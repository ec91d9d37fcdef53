"""Servers over HTTP: what can be done to them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.routing import Route

from localcloud.hetzner.actions.routes import one_action
from localcloud.hetzner.actions.routes import shape as shape_action
from localcloud.hetzner.http import cloud_of, created, parse, path_id
from localcloud.hetzner.images.routes import shape as shape_image
from localcloud.hetzner.primary_ips.routes import PointerChange
from localcloud.hetzner.servers.requests import (
    AttachIso,
    ChangeType,
    CreateImage,
    Placement,
    Protection,
    Rebuild,
    Rescue,
)

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from localcloud.hetzner.servers.models import Server


async def poweron(request: Request) -> Response:
    """POST .../actions/poweron."""
    return one_action(await cloud_of(request).power.on(_server(request)))


async def poweroff(request: Request) -> Response:
    """POST .../actions/poweroff."""
    return one_action(await cloud_of(request).power.off(_server(request)))


async def reset(request: Request) -> Response:
    """POST .../actions/reset."""
    return one_action(await cloud_of(request).power.reset(_server(request)))


async def shutdown(request: Request) -> Response:
    """POST .../actions/shutdown."""
    return one_action(await cloud_of(request).power.shutdown(_server(request)))


async def reboot(request: Request) -> Response:
    """POST .../actions/reboot."""
    return one_action(await cloud_of(request).power.reboot(_server(request)))


async def change_type(request: Request) -> Response:
    """POST .../actions/change_type."""
    server = _server(request)
    body = await parse(request, ChangeType)
    changes = cloud_of(request).changes
    return one_action(await changes.type(server, body.server_type, upgrade_disk=body.upgrade_disk))


async def rebuild(request: Request) -> Response:
    """POST .../actions/rebuild."""
    server = _server(request)
    body = await parse(request, Rebuild)
    action, password = await cloud_of(request).changes.rebuild(server, body)
    return created({"action": shape_action(action), "root_password": password})


async def create_image(request: Request) -> Response:
    """POST .../actions/create_image."""
    server = _server(request)
    body = await parse(request, CreateImage)
    image, action = await cloud_of(request).changes.create_image(server, body)
    return created({"image": shape_image(image), "action": shape_action(action)})


async def enable_backup(request: Request) -> Response:
    """POST .../actions/enable_backup."""
    return one_action(await cloud_of(request).changes.enable_backup(_server(request)))


async def disable_backup(request: Request) -> Response:
    """POST .../actions/disable_backup."""
    return one_action(await cloud_of(request).changes.disable_backup(_server(request)))


async def change_protection(request: Request) -> Response:
    """POST .../actions/change_protection."""
    server = _server(request)
    body = await parse(request, Protection)
    return one_action(await cloud_of(request).changes.protection(server, body))


async def change_dns_ptr(request: Request) -> Response:
    """POST .../actions/change_dns_ptr."""
    server = _server(request)
    body = await parse(request, PointerChange)
    return one_action(await cloud_of(request).changes.dns_ptr(server, body.ip, body.dns_ptr))


async def reset_password(request: Request) -> Response:
    """POST .../actions/reset_password."""
    action, password = await cloud_of(request).changes.reset_password(_server(request))
    return created({"action": shape_action(action), "root_password": password})


async def add_to_placement_group(request: Request) -> Response:
    """POST .../actions/add_to_placement_group."""
    server = _server(request)
    body = await parse(request, Placement)
    return one_action(await cloud_of(request).changes.join(server, body.placement_group))


async def remove_from_placement_group(request: Request) -> Response:
    """POST .../actions/remove_from_placement_group."""
    return one_action(await cloud_of(request).changes.leave(_server(request)))


async def enable_rescue(request: Request) -> Response:
    """POST .../actions/enable_rescue."""
    server = _server(request)
    body = await parse(request, Rescue)
    action, password = await cloud_of(request).media.enable_rescue(server, body.ssh_keys or [])
    return created({"action": shape_action(action), "root_password": password})


async def disable_rescue(request: Request) -> Response:
    """POST .../actions/disable_rescue."""
    return one_action(await cloud_of(request).media.disable_rescue(_server(request)))


async def attach_iso(request: Request) -> Response:
    """POST .../actions/attach_iso."""
    server = _server(request)
    body = await parse(request, AttachIso)
    return one_action(await cloud_of(request).media.attach_iso(server, body.iso))


async def detach_iso(request: Request) -> Response:
    """POST .../actions/detach_iso."""
    return one_action(await cloud_of(request).media.detach_iso(_server(request)))


async def request_console(request: Request) -> Response:
    """POST .../actions/request_console: an address nobody listens on."""
    action, password = await cloud_of(request).media.console(_server(request))
    address = f"wss://console.localcloud.test/?server_id={path_id(request)}"
    return created({"action": shape_action(action), "wss_url": address, "password": password})


def _server(request: Request) -> Server:
    return cloud_of(request).servers.get(path_id(request))


ROUTES = [
    Route(f"/servers/{{id:int}}/actions/{handler.__name__}", handler, methods=["POST"])
    for handler in (
        poweron,
        poweroff,
        reset,
        shutdown,
        reboot,
        change_type,
        rebuild,
        create_image,
        enable_backup,
        disable_backup,
        change_protection,
        change_dns_ptr,
        reset_password,
        add_to_placement_group,
        remove_from_placement_group,
        enable_rescue,
        disable_rescue,
        attach_iso,
        detach_iso,
        request_console,
    )
]

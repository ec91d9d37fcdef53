"""What can be done to a server besides switching it: size, image, backups, protection."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import require
from localcloud.hetzner.errors import InvalidInputError, ProtectedError, ResourceUnavailableError
from localcloud.hetzner.images.models import BACKUP_SLOTS, CreatedFrom, Image
from localcloud.hetzner.locations.models import LOCATIONS
from localcloud.hetzner.machines import MachineError
from localcloud.hetzner.placement_groups.errors import AlreadyInPlacementGroupError
from localcloud.hetzner.server_types.models import SERVER_TYPES, ServerType
from localcloud.hetzner.servers.creation import new_password
from localcloud.hetzner.servers.errors import InvalidServerTypeError

if TYPE_CHECKING:
    from localcloud.hetzner.actions.models import Action, Work
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.servers.models import Server
    from localcloud.hetzner.servers.requests import CreateImage, Protection, Rebuild

BACKUP_WINDOW = "22-02"


class Changes:
    """Changes servers; every method returns the action that does it."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud

    async def type(self, server: Server, key: int | str, *, upgrade_disk: bool) -> Action:
        """Make it another size; it has to be off, and is on afterwards."""
        self._cloud.servers.check_stopped(server)
        target = require(SERVER_TYPES, key, "server_type")
        self._check_type(server, target)
        disk = target.disk if upgrade_disk else server.primary_disk_size

        async def work() -> None:
            self._cloud.servers.change(server.id, status="migrating")
            try:
                await self._cloud.in_thread(
                    self._cloud.machines.resize, server.id, target.cores, target.memory, disk
                )
            except MachineError:
                self._cloud.servers.change(server.id, status="off")
                raise
            self._cloud.servers.change(
                server.id, server_type=target.name, primary_disk_size=disk, status="off"
            )
            await self._cloud.power.start(server.id)

        return await self._act("change_server_type", server, work)

    async def rebuild(self, server: Server, body: Rebuild) -> tuple[Action, str | None]:
        """Wipe the disk and install an image; returns root's new password too, without keys."""
        if server.rebuild_protection:
            raise ProtectedError("Server rebuild is protected")
        image = self._cloud.images.for_server(body.image, server.type.architecture)
        if image.disk_size > server.primary_disk_size:
            raise InvalidInputError.field("image", "the server's disk is too small for it")
        user_data = server.user_data if body.user_data is None else body.user_data
        password = None if server.ssh_keys else new_password()

        async def work() -> None:
            await self._cloud.power.cut(server.id)
            self._cloud.servers.change(
                server.id, status="rebuilding", image=image, user_data=user_data
            )
            spec = self._cloud.servers.spec(self._cloud.servers.get(server.id), password)
            try:
                await self._cloud.in_thread(self._cloud.machines.rebuild, spec)
            except MachineError:
                self._cloud.servers.change(server.id, status="off")
                raise
            await self._cloud.power.start(server.id)

        return await self._act("rebuild_server", server, work), password

    async def create_image(self, server: Server, body: CreateImage) -> tuple[Image, Action]:
        """Keep the disk as a snapshot or backup."""
        if body.type == "backup" and server.backup_window is None:
            raise InvalidInputError.field("type", "backups are not enabled for the server")
        self._cloud.actions.check_unlocked(server.id)
        image = self._cloud.images.put(self._new_image(server, body))

        async def work() -> None:
            size = await self._cloud.in_thread(self._cloud.machines.capture, server.id, image.id)
            self._cloud.images.put(replace(image, status="available", image_size=size))
            await self._drop_old_backups(server.id)

        resources = [("server", server.id), ("image", image.id)]
        action = await self._cloud.actions.finish("create_image", resources, work)
        self._cloud.actions.aside(lambda: self._forget_failed(image, action))
        return self._cloud.images.get(image.id) if action.status != "error" else image, action

    async def enable_backup(self, server: Server) -> Action:
        """Switch backups on."""

        async def work() -> None:
            self._cloud.servers.change(server.id, backup_window=BACKUP_WINDOW)

        return await self._note("enable_backup", server, work)

    async def disable_backup(self, server: Server) -> Action:
        """Switch backups off and delete all there are."""

        async def work() -> None:
            self._cloud.servers.change(server.id, backup_window=None)
            for backup in self._cloud.images.backups_of(server.id):
                await self._cloud.images.delete(backup)

        return await self._act("disable_backup", server, work)

    async def protection(self, server: Server, body: Protection) -> Action:
        """Guard against deletion and rebuild; the API wants both flags alike."""
        delete = server.delete_protection if body.delete is None else body.delete
        rebuild = server.rebuild_protection if body.rebuild is None else body.rebuild
        if delete != rebuild:
            raise InvalidInputError(
                "delete and rebuild protection have to be the same",
                {"delete": ["differs from rebuild"], "rebuild": ["differs from delete"]},
            )

        async def work() -> None:
            self._cloud.servers.change(
                server.id, delete_protection=delete, rebuild_protection=rebuild
            )

        return await self._note("change_protection", server, work)

    async def dns_ptr(self, server: Server, ip: str, name: str | None) -> Action:
        """Set the reverse name of one of its addresses."""
        addresses = self._cloud.primary_ips
        address = self._cloud.servers.address(server, "ipv6" if ":" in ip else "ipv4")
        if address is None:
            raise InvalidInputError.field("ip", f"{ip!r} does not belong to the server")
        addresses.check_pointer(address, ip)
        number = address.id

        async def work() -> None:
            addresses.point(number, ip, name)

        return await self._note("change_dns_ptr", server, work)

    async def reset_password(self, server: Server) -> tuple[Action, str]:
        """Give root a new password; the server has to run."""
        if server.status != "running":
            raise InvalidInputError("the server has to be running to reset its password")
        password = new_password()

        async def work() -> None:
            await self._cloud.in_thread(self._cloud.machines.set_password, server.id, password)

        return await self._act("reset_password", server, work), password

    async def join(self, server: Server, group_id: int) -> Action:
        """Put it into a placement group; it has to be off, and is on afterwards."""
        if server.placement_group is not None:
            raise AlreadyInPlacementGroupError("server is already in a placement group")
        self._cloud.servers.check_stopped(server)
        group = require(self._cloud.placement_groups.all(), group_id, "placement_group")
        self._cloud.placement_groups.check_room(group)

        async def work() -> None:
            self._cloud.servers.change(server.id, placement_group=group.id)
            await self._cloud.power.start(server.id)

        return await self._act("add_to_placement_group", server, work)

    async def leave(self, server: Server) -> Action:
        """Take it out of its placement group."""
        if server.placement_group is None:
            raise InvalidInputError("server is in no placement group")

        async def work() -> None:
            self._cloud.servers.change(server.id, placement_group=None)

        return await self._act("remove_from_placement_group", server, work)

    def _check_type(self, server: Server, target: ServerType) -> None:
        location = require(LOCATIONS, server.location, "location")
        clock, knobs = self._cloud.clock, self._cloud.knobs
        if target.name == server.server_type:
            raise InvalidServerTypeError("the server has this type already")
        if target.architecture != server.type.architecture:
            raise InvalidServerTypeError("the server type has another architecture")
        if not target.offered(location, clock):
            raise InvalidServerTypeError(f"the server type is not sold in {location.name}")
        if target.disk < server.primary_disk_size:
            raise InvalidServerTypeError("not sufficient disk space: the disk cannot shrink")
        if not target.available(location, clock, knobs):
            raise ResourceUnavailableError(
                f"server type {target.name} is sold out in this location"
            )

    def _new_image(self, server: Server, body: CreateImage) -> Image:
        return Image(
            id=self._cloud.state.next_id(),
            type=body.type,
            status="creating",
            name=None,
            description=body.description or f"{server.name} {self._cloud.clock.stamp()}",
            image_size=None,
            disk_size=float(server.primary_disk_size),
            created=self._cloud.clock.stamp(),
            os_flavor=server.image.os_flavor,
            os_version=server.image.os_version,
            architecture=server.image.architecture,
            created_from=CreatedFrom(server.id, server.name),
            bound_to=server.id if body.type == "backup" else None,
            labels=body.labels or {},
        )

    async def _forget_failed(self, image: Image, action: Action) -> None:
        if not await self._cloud.actions.wait_for(action):
            self._cloud.images.forget(image)

    async def _drop_old_backups(self, server_id: int) -> None:
        for backup in self._cloud.images.backups_of(server_id)[:-BACKUP_SLOTS]:
            await self._cloud.images.delete(backup)

    async def _note(self, command: str, server: Server, work: Work) -> Action:
        """Do what changes the books only: it waits its turn, but nothing waits for it."""
        self._cloud.actions.check_unlocked(server.id)
        resources = [("server", server.id)]
        return await self._cloud.actions.finish(command, resources, work, locks=False)

    async def _act(self, command: str, server: Server, work: Work) -> Action:
        self._cloud.actions.check_unlocked(server.id)
        return await self._cloud.actions.finish(command, [("server", server.id)], work)

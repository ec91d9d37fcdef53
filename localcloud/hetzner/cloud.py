"""Everything the API knows and can do, in one object."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, TypeVar

from anyio import to_thread

from localcloud.hetzner.actions.models import Actions
from localcloud.hetzner.addresses import Addresses
from localcloud.hetzner.busy import Busy
from localcloud.hetzner.certificates.models import Certificates
from localcloud.hetzner.clock import Clock
from localcloud.hetzner.firewalls.models import Firewalls
from localcloud.hetzner.floating_ips.models import FloatingIps
from localcloud.hetzner.images.catalogue import OFFERED
from localcloud.hetzner.images.models import Images
from localcloud.hetzner.knobs import Knobs
from localcloud.hetzner.load_balancers.models import LoadBalancers
from localcloud.hetzner.networks.members import Members
from localcloud.hetzner.networks.models import Networks
from localcloud.hetzner.placement_groups.models import PlacementGroups
from localcloud.hetzner.primary_ips.models import PrimaryIps
from localcloud.hetzner.servers.backups import Backups
from localcloud.hetzner.servers.changes import Changes
from localcloud.hetzner.servers.creation import Creation
from localcloud.hetzner.servers.media import Media
from localcloud.hetzner.servers.models import Servers
from localcloud.hetzner.servers.power import Power
from localcloud.hetzner.ssh_keys.models import SshKeys
from localcloud.hetzner.storage_boxes.models import StorageBoxes
from localcloud.hetzner.storage_boxes.parts import Snapshots, Subaccounts
from localcloud.hetzner.volumes.models import Volumes
from localcloud.hetzner.zones.models import Zones

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVarTuple, Unpack

    from localcloud.hetzner.machines import Machines
    from localcloud.settings import Instance
    from localcloud.state import State

    Ts = TypeVarTuple("Ts")

T = TypeVar("T")
RESET_SECONDS = 30
"""How long a reset lets actions end by themselves."""


class Cloud:
    """One project at the vendor. The nouns reach each other through it."""

    def __init__(self, instance: Instance, state: State, machines: Machines) -> None:
        self.instance = instance
        self.state = state
        self.machines = machines
        self.clock = Clock()
        self.knobs = Knobs()
        self.actions = Actions(state, self.clock, self.knobs)
        self.busy = Busy(self.actions)
        self.addresses = Addresses(state, instance.block)
        self.ssh_keys = SshKeys(self)
        self.primary_ips = PrimaryIps(self)
        self.floating_ips = FloatingIps(self)
        self.images = Images(self, OFFERED)
        self.placement_groups = PlacementGroups(self)
        self.firewalls = Firewalls(self)
        self.networks = Networks(self)
        self.members = Members(self)
        self.certificates = Certificates(self)
        self.load_balancers = LoadBalancers(self)
        self.volumes = Volumes(self)
        self.storage_boxes = StorageBoxes(self)
        self.box_snapshots = Snapshots(self)
        self.subaccounts = Subaccounts(self)
        self.servers = Servers(self)
        self.power = Power(self)
        self.creation = Creation(self)
        self.changes = Changes(self)
        self.media = Media(self)
        self.backups = Backups(self)
        self.zones = Zones(self)
        self._watches: list[asyncio.Task[None]] = []

    def taken_addresses(self) -> set[str]:
        """The public IPv4 addresses somebody has."""
        kept = {one.ip for one in self.primary_ips.all()}
        moving = {one.ip for one in self.floating_ips.all()}
        return kept | moving | self.load_balancers.addresses()

    async def in_thread(self, work: Callable[[Unpack[Ts]], T], *args: *Ts) -> T:
        """Run what blocks beside the event loop."""
        return await to_thread.run_sync(work, *args, abandon_on_cancel=True)

    async def start(self) -> None:
        """Pick up where the last process ended."""
        self.actions.end_interrupted()
        self.actions.aside(self.power.resume)
        self.actions.aside(self.storage_boxes.apply_all)
        watches = (self.power.watch(), self.backups.watch(), self.load_balancers.watch())
        self._watches = [asyncio.create_task(watch) for watch in watches]

    async def stop(self) -> None:
        """Let go of what runs; the state stays."""
        for watch in self._watches:
            watch.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await watch
        await self.actions.cancel()

    async def reset(self) -> None:
        """Remove every machine and forget everything, knobs too."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.actions.idle(), RESET_SECONDS)
        await self.actions.cancel()
        for balancer in self.load_balancers.all():
            await self.in_thread(self.machines.delete_balancer, balancer.id)
        for box in self.storage_boxes.all():
            await self.in_thread(self.machines.delete_storage_box, box.id)
        for server in self.servers.all():
            await self.in_thread(self.machines.delete, server.id)
        for network in self.networks.all():
            await self.in_thread(self.machines.drop_network, network.id)
        for image in self.images.captured():
            await self.in_thread(self.machines.drop_image, image.id)
        self.state.reset()
        self.knobs.reset()
        self.clock.offset = 0.0

"""What the Hetzner API of the double asks of the machines behind it.

The API keeps the books (ids, actions, locks, prices); the machines do the work. The real ones are
systemd containers (`localcloud.node`); a test of the API alone may hand in ones of its own.

Every method blocks until the work is done and raises `MachineError` when it could not be done.
All are idempotent: doing what is already so is no error.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from localcloud.hetzner.load_balancers.spec import BalancerSpec, TargetHealth
    from localcloud.hetzner.storage_boxes.spec import BoxSpec


class MachineError(Exception):
    """A machine could not do what was asked; the text says why, for the action's error."""


@dataclass(frozen=True)
class MachineSpec:
    """A server as its machine has to be built."""

    id: int
    name: str
    cores: int
    memory_gb: float
    disk_gb: int
    image: str
    """`system:<name>` (system:debian-12) or `image:<id>` of a captured snapshot or backup."""
    user_data: str
    ssh_keys: tuple[str, ...]
    """Public keys for root, in OpenSSH's one-line form."""
    root_password: str | None
    ipv4: str | None
    """The public address, 127.<block>.x.y; None: no public interface."""
    location: str
    """Location name, for the metadata service."""


@dataclass(frozen=True)
class InboundRule:
    """One `in` rule of a firewall; where a tuple of these is expected, None means no firewall."""

    protocol: str
    ports: tuple[int, int]
    """First and last port, inclusive; (1, 65535) where the protocol has none."""
    sources: tuple[str, ...]
    """CIDRs."""


@dataclass(frozen=True)
class Leg:
    """A machine's interface in a private network."""

    network: int
    """Id of the network."""
    cidr: str
    """Range of the whole network; all of it is on the same wire."""
    ip: str
    mac: str
    aliases: tuple[str, ...] = ()
    """More addresses of the interface."""
    routes: tuple[tuple[str, str], ...] = ()
    """Destinations, and the members that know the way."""


class Machines(Protocol):
    """The machines of one local cloud, by the id of their server."""

    def create(self, spec: MachineSpec) -> None:
        """Build the machine, switched off."""

    def start(self, server_id: int) -> None:
        """Switch it on; returns when it boots, not when it has booted."""

    def power_off(self, server_id: int) -> None:
        """Cut the power."""

    def shutdown(self, server_id: int) -> None:
        """Press the power button: a clean stop, within the machine's own bound.

        One that hangs does not heed it.
        """

    def reset(self, server_id: int) -> None:
        """Cut the power and switch on again."""

    def freeze(self, server_id: int) -> None:
        """Hang it: switched on, and nothing in it answers until its power is cut."""

    def limit_disk(self, server_id: int, mebibytes: int) -> None:
        """Give one that runs a disk of this size, with what was on the one before."""

    def resize(self, server_id: int, cores: int, memory_gb: float, disk_gb: int) -> None:
        """Change the size of a machine that is off."""

    def rebuild(self, spec: MachineSpec) -> None:
        """Build it anew from an image, switched off; the disk's content is gone."""

    def delete(self, server_id: int) -> None:
        """Remove the machine and its disk."""

    def running(self, server_id: int) -> bool:
        """Whether it is switched on; False also when there is none."""

    def set_password(self, server_id: int, password: str) -> None:
        """Set root's password."""

    def set_address(self, server_id: int, ipv4: str | None) -> None:
        """Give it another public address, or none."""

    def set_firewall(self, server_id: int, rules: tuple[InboundRule, ...] | None) -> None:
        """Let in what the rules say and nothing else; None lets in everything."""

    def capture(self, server_id: int, image_id: int) -> float:
        """Keep the disk's content as image `image_id`; returns its size in GB."""

    def drop_image(self, image_id: int) -> None:
        """Forget a captured image."""

    def attach_network(self, server_id: int, leg: Leg) -> None:
        """Give a machine an interface in a network, or change the one it has there."""

    def detach_network(self, server_id: int, network_id: int) -> None:
        """Take a machine's interface in a network away."""

    def drop_network(self, network_id: int) -> None:
        """Forget a network nobody is in."""

    def apply_balancer(self, spec: BalancerSpec) -> None:
        """Make a load balancer work as the spec says; connections that are open stay open."""

    def delete_balancer(self, balancer_id: int) -> None:
        """Remove a load balancer."""

    def issue_certificate(self, names: tuple[str, ...]) -> tuple[str, str]:
        """A certificate for host names by the local cloud's authority, and its key; in PEM."""

    def balancer_health(self, balancer_id: int) -> tuple[TargetHealth, ...]:
        """What the health checks of a load balancer found; nothing where there is none."""

    def apply_storage_box(self, spec: BoxSpec) -> None:
        """Make the SFTP host of a Storage Box what the spec says; its data stays."""

    def delete_storage_box(self, box_id: int) -> None:
        """Remove a Storage Box with its data."""

    def storage_box_used(self, box_id: int) -> int:
        """Bytes in a Storage Box."""

"""Machines that are got ready beside the first requests, so that the API answers at once."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

from localcloud.errors import LocalCloudError
from localcloud.hetzner.machines import MachineError, Machines

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.hetzner.load_balancers.spec import BalancerSpec, TargetHealth
    from localcloud.hetzner.machines import InboundRule, Leg, MachineSpec
    from localcloud.hetzner.storage_boxes.spec import BoxSpec

M = TypeVar("M", bound=Machines)


class LateMachines(Generic[M]):
    """Machines made on first use, in whichever thread that is; a failure is tried again."""

    def __init__(self, make: Callable[[], M]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._made: M | None = None

    def real(self) -> M:
        """The machines; raises MachineError while they cannot be made."""
        with self._lock:
            if self._made is None:
                try:
                    self._made = self._make()
                except LocalCloudError as error:
                    raise MachineError(str(error)) from error
            return self._made

    def create(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        self.real().create(spec)

    def start(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().start(server_id)

    def power_off(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().power_off(server_id)

    def shutdown(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().shutdown(server_id)

    def reset(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().reset(server_id)

    def limit_disk(self, server_id: int, mebibytes: int) -> None:
        """See `Machines`."""
        self.real().limit_disk(server_id, mebibytes)

    def freeze(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().freeze(server_id)

    def resize(self, server_id: int, cores: int, memory_gb: float, disk_gb: int) -> None:
        """See `Machines`."""
        self.real().resize(server_id, cores, memory_gb, disk_gb)

    def rebuild(self, spec: MachineSpec) -> None:
        """See `Machines`."""
        self.real().rebuild(spec)

    def delete(self, server_id: int) -> None:
        """See `Machines`."""
        self.real().delete(server_id)

    def running(self, server_id: int) -> bool:
        """See `Machines`."""
        return self.real().running(server_id)

    def set_password(self, server_id: int, password: str) -> None:
        """See `Machines`."""
        self.real().set_password(server_id, password)

    def set_address(self, server_id: int, ipv4: str | None) -> None:
        """See `Machines`."""
        self.real().set_address(server_id, ipv4)

    def set_firewall(self, server_id: int, rules: tuple[InboundRule, ...] | None) -> None:
        """See `Machines`."""
        self.real().set_firewall(server_id, rules)

    def capture(self, server_id: int, image_id: int) -> float:
        """See `Machines`."""
        return self.real().capture(server_id, image_id)

    def drop_image(self, image_id: int) -> None:
        """See `Machines`."""
        self.real().drop_image(image_id)

    def attach_network(self, server_id: int, leg: Leg) -> None:
        """See `Machines`."""
        self.real().attach_network(server_id, leg)

    def detach_network(self, server_id: int, network_id: int) -> None:
        """See `Machines`."""
        self.real().detach_network(server_id, network_id)

    def drop_network(self, network_id: int) -> None:
        """See `Machines`."""
        self.real().drop_network(network_id)

    def apply_balancer(self, spec: BalancerSpec) -> None:
        """See `Machines`."""
        self.real().apply_balancer(spec)

    def delete_balancer(self, balancer_id: int) -> None:
        """See `Machines`."""
        self.real().delete_balancer(balancer_id)

    def issue_certificate(self, names: tuple[str, ...]) -> tuple[str, str]:
        """See `Machines`."""
        return self.real().issue_certificate(names)

    def balancer_health(self, balancer_id: int) -> tuple[TargetHealth, ...]:
        """See `Machines`."""
        return self.real().balancer_health(balancer_id)

    def apply_storage_box(self, spec: BoxSpec) -> None:
        """See `Machines`."""
        self.real().apply_storage_box(spec)

    def delete_storage_box(self, box_id: int) -> None:
        """See `Machines`."""
        self.real().delete_storage_box(box_id)

    def storage_box_used(self, box_id: int) -> int:
        """See `Machines`."""
        return self.real().storage_box_used(box_id)

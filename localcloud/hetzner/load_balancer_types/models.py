"""The load balancer types there are."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError

if TYPE_CHECKING:
    from localcloud.hetzner.http import IdOrName


@dataclass(frozen=True)
class LoadBalancerType:
    """A size of load balancer."""

    id: int
    name: str
    max_services: int
    max_targets: int
    max_certificates: int
    max_connections: int
    monthly: str
    """Net euros; the same everywhere. Estimates: no list of today was to be had."""

    @property
    def price(self) -> Decimal:
        """Net euros a month."""
        return Decimal(self.monthly)


LOAD_BALANCER_TYPES = (
    LoadBalancerType(1, "lb11", 5, 25, 10, 10_000, "7.49"),
    LoadBalancerType(2, "lb21", 15, 75, 25, 20_000, "22.99"),
    LoadBalancerType(3, "lb31", 30, 150, 50, 40_000, "41.99"),
)


def require_type(key: IdOrName) -> LoadBalancerType:
    """The type a body names; raises InvalidInputError."""
    for one in LOAD_BALANCER_TYPES:
        if key in {one.id, one.name, str(one.id)}:
            return one
    text = f"load balancer type {str(key)!r} not found"
    raise InvalidInputError(text, {"load_balancer_type": [text]})

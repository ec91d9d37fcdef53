"""A load balancer as its machine has to be built, and what the machine knows of its targets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.hetzner.machines import InboundRule, Leg


@dataclass(frozen=True)
class CheckSpec:
    """How a target is asked whether it is healthy."""

    protocol: str
    """tcp or http."""
    port: int
    interval: int
    """Seconds."""
    timeout: int
    """Seconds."""
    retries: int
    """Answers of one kind in a row that change the verdict."""
    path: str = "/"
    domain: str | None = None
    response: str = ""
    """Text the answer has to hold; empty: any."""
    status_codes: tuple[str, ...] = ("2??", "3??")
    tls: bool = False


@dataclass(frozen=True)
class ServiceSpec:
    """A port the load balancer listens on."""

    protocol: str
    """tcp, http or https."""
    listen_port: int
    destination_port: int
    check: CheckSpec
    proxyprotocol: bool = False
    timeout_idle: int = 50
    """Seconds."""
    cookie: tuple[str, int] | None = None
    """Name and seconds of the cookie that keeps a client at its target."""
    redirect_http: bool = False
    """Whether port 80 leads clients to this port."""
    certificates: tuple[str, ...] = field(default=(), repr=False)
    """Chain and key of each, in PEM."""


@dataclass(frozen=True)
class TargetSpec:
    """A server requests may go to."""

    server: int
    address: str | None
    """Its address in the load balancer's network; None: its public side."""
    rules: tuple[InboundRule, ...] | None = None
    """What the server's firewalls let in on its public side; None: everything."""

    @property
    def name(self) -> str:
        """A name that is the same as long as the target is."""
        return f"{self.server}-{'private' if self.address else 'public'}"


@dataclass(frozen=True)
class BalancerSpec:
    """A whole load balancer."""

    id: int
    name: str
    ipv4: str | None
    """The public address, 127.<block>.x.y; None: the public interface is off."""
    least_connections: bool
    max_connections: int
    services: tuple[ServiceSpec, ...]
    targets: tuple[TargetSpec, ...]
    leg: Leg | None
    """Its interface in a network."""


@dataclass(frozen=True)
class TargetHealth:
    """What one service knows of one target."""

    target: str
    """`TargetSpec.name`."""
    listen_port: int
    status: str
    """healthy, unhealthy or unknown."""
    detail: str | None = None
    http_status_code: int | None = None

"""Load balancers as the books have them, and what their machines are told."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import defaultdict
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import (
    ConflictError,
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    UniquenessError,
)
from localcloud.hetzner.labels import Selector
from localcloud.hetzner.load_balancer_types.models import LoadBalancerType, require_type
from localcloud.hetzner.load_balancers.services import Service  # noqa: TC001 read by the state
from localcloud.hetzner.load_balancers.spec import (
    BalancerSpec,
    ServiceSpec,
    TargetHealth,
    TargetSpec,
)
from localcloud.hetzner.machines import MachineError
from localcloud.hetzner.networks.members import BALANCER, SERVER

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.networks.members import Member
    from localcloud.hetzner.servers.models import Server

WATCH_SECONDS = 1.0
HEALTH_SECONDS = 0.5
"""How old an answer about health may be."""

_log = logging.getLogger("localcloud.load_balancers")


@dataclass(frozen=True)
class Target:
    """One server, all servers whose labels match, or the server with an address."""

    type: str
    server: int | None = None
    selector: str | None = None
    ip: str | None = None
    use_private_ip: bool = False

    def same(self, other: Target) -> bool:
        """Whether both mean the same servers, whichever way they are reached."""
        return replace(self, use_private_ip=False) == replace(other, use_private_ip=False)


@dataclass(frozen=True)
class LoadBalancer:
    """A load balancer. Its network knows it, not the reverse."""

    id: int
    name: str
    created: str
    type: str
    location: str
    ipv4: str
    ipv6: str
    ipv4_id: int | None = None
    """The primary IP its address is; None: one of its own."""
    ipv6_id: int | None = None
    algorithm: str = "round_robin"
    public: bool = True
    services: tuple[Service, ...] = ()
    targets: tuple[Target, ...] = ()
    pointers: dict[str, str] = field(default_factory=dict)
    """Reverse names by address."""
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> LoadBalancerType:
        """The type in full."""
        return require_type(self.type)


class LoadBalancers:
    """All load balancers. `watch` keeps the machines in step with servers, labels and networks."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("load_balancer", LoadBalancer)
        self._applied: dict[int, BalancerSpec] = {}
        self._locks: defaultdict[int, asyncio.Lock] = defaultdict(asyncio.Lock)
        self._health: dict[int, tuple[float, tuple[TargetHealth, ...]]] = {}

    def all(self) -> list[LoadBalancer]:
        """Every load balancer."""
        return list(self._table)

    def get(self, number: int) -> LoadBalancer:
        """The load balancer; raises NotFoundError."""
        balancer = self._table.get(number)
        if balancer is None:
            raise NotFoundError.thing("load balancer", number)
        return balancer

    def put(self, balancer: LoadBalancer) -> LoadBalancer:
        """Write a load balancer down; the name has to be its own."""
        for other in self._table:
            if other.name == balancer.name and other.id != balancer.id:
                raise UniquenessError("load balancer name is already used", "name")
        return self._table.put(balancer)

    def change(self, number: int, **fields: object) -> None:
        """Change fields of a load balancer, if it is still there."""
        balancer = self._table.get(number)
        if balancer is not None:
            self._table.put(replace(balancer, **fields))  # type: ignore[arg-type]

    def forget(self, number: int) -> None:
        """Strike a load balancer out."""
        self._table.drop(number)
        self._cloud.primary_ips.release(number)
        self._cloud.members.forget(BALANCER, number)
        for memory in (self._applied, self._health):
            memory.pop(number, None)

    def forget_server(self, server_id: int) -> None:
        """Take a server that is gone out of the targets."""
        for balancer in self._table:
            kept = tuple(one for one in balancer.targets if one.server != server_id)
            if kept != balancer.targets:
                self._table.put(replace(balancer, targets=kept))

    def check_idle(self, balancer: LoadBalancer) -> None:
        """Raise ConflictError while an action of the load balancer runs."""
        if self._busy(balancer.id):
            raise ConflictError("the load balancer is changed right now")

    def check_deletable(self, balancer: LoadBalancer) -> None:
        """Raise ProtectedError where deletion is not allowed."""
        if balancer.delete_protection:
            raise ProtectedError("Load Balancer deletion is protected")

    def membership(self, balancer: LoadBalancer) -> Member | None:
        """The network it is in: one at most."""
        found = self._cloud.members.of(BALANCER, balancer.id)
        return found[0] if found else None

    def need_membership(self, balancer: LoadBalancer, network: int) -> Member:
        """Its membership in a network; raises InvalidInputError."""
        member = self.membership(balancer)
        if member is None or member.network != network:
            raise InvalidInputError.field("network", "is not attached to the network")
        return member

    def serving(self, server_id: int) -> list[int]:
        """Ids of the load balancers a server is a target of."""
        server = self._cloud.servers.find(server_id)
        if server is None:
            return []
        return [
            balancer.id
            for balancer in self._table
            if any(server in self.servers_of(target) for target in balancer.targets)
        ]

    def servers_of(self, target: Target) -> list[Server]:
        """The servers a target means now."""
        servers = self._cloud.servers.all()
        if target.selector is not None:
            selector = Selector.parse(target.selector)
            return [server for server in servers if selector.matches(server.labels)]
        if target.ip is not None:
            return [server for server in servers if self._ipv4(server) == target.ip]
        return [server for server in servers if server.id == target.server]

    def resolve(self, balancer: LoadBalancer, target: Target, server: Server) -> TargetSpec | None:
        """Where requests for a server go; None where it cannot be reached that way."""
        if not target.use_private_ip:
            if not balancer.public or not self._ipv4(server):
                return None
            return TargetSpec(server.id, None, self._cloud.firewalls.inbound(server))
        own = self.membership(balancer)
        member = own and self._cloud.members.find(SERVER, server.id, own.network)
        return TargetSpec(server.id, member.ip) if member else None

    def spec(self, balancer: LoadBalancer) -> BalancerSpec:
        """The load balancer as its machine has to be built."""
        found: dict[str, TargetSpec] = {}
        for target in balancer.targets:
            for server in self.servers_of(target):
                resolved = self.resolve(balancer, target, server)
                if resolved is not None:
                    found.setdefault(resolved.name, resolved)
        member = self.membership(balancer)
        return BalancerSpec(
            id=balancer.id,
            name=balancer.name,
            ipv4=balancer.ipv4 if balancer.public else None,
            least_connections=balancer.algorithm == "least_connections",
            max_connections=balancer.kind.max_connections,
            services=tuple(self._service(service) for service in balancer.services),
            targets=tuple(found[name] for name in sorted(found)),
            leg=self._cloud.members.leg(member) if member else None,
        )

    async def apply(self, number: int) -> None:
        """Make the machine of a load balancer what the books say; raises MachineError."""
        async with self._locks[number]:
            balancer = self._table.get(number)
            if balancer is None:
                return
            spec = self.spec(balancer)
            if self._applied.get(number) != spec:
                await self._cloud.in_thread(self._cloud.machines.apply_balancer, spec)
                self._applied[number] = spec
                self._health.pop(number, None)

    async def watch(self) -> None:
        """Apply what changed beside the load balancers' own actions, for ever."""
        problems: dict[int, str] = {}
        while True:
            for balancer in self.all():
                if self._busy(balancer.id):
                    continue
                try:
                    await self.apply(balancer.id)
                    problems.pop(balancer.id, None)
                except MachineError as problem:
                    if problems.get(balancer.id) != str(problem):
                        _log.warning("load balancer %s: %s", balancer.name, problem)
                    problems[balancer.id] = str(problem)
            await asyncio.sleep(WATCH_SECONDS)

    async def health(self, balancer: LoadBalancer) -> dict[tuple[str, int], TargetHealth]:
        """What is known of each target's name and listen port, about as of now."""
        asked, found = self._health.get(balancer.id, (float("-inf"), ()))
        if time.monotonic() - asked > HEALTH_SECONDS:
            try:
                machines = self._cloud.machines
                found = await self._cloud.in_thread(machines.balancer_health, balancer.id)
            except MachineError:
                found = ()
                self._applied.pop(balancer.id, None)  # it may have gone down: made anew
            self._health[balancer.id] = (time.monotonic(), found)
        return {(one.target, one.listen_port): one for one in found}

    def addresses(self) -> set[str]:
        """The IPv4 addresses load balancers have."""
        return {balancer.ipv4 for balancer in self._table}

    def _service(self, service: Service) -> ServiceSpec:
        ids = service.http.certificates if service.http else ()
        return replace(service.spec, certificates=self._cloud.certificates.bundles(ids))

    def _ipv4(self, server: Server) -> str | None:
        address = self._cloud.servers.address(server, "ipv4")
        return address.ip if address else None

    def _busy(self, number: int) -> bool:
        running = self._cloud.actions.running()
        return any(action.concerns("load_balancer", number) for action in running)

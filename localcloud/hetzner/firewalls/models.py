"""Firewalls, what they are applied to, and what that means for a server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import NotFoundError, ResourceInUseError, UniquenessError
from localcloud.hetzner.firewalls.errors import (
    AlreadyAppliedError,
    ManagedBySelectorError,
    MissingResourceError,
    PrivateNetOnlyError,
    ServerAlreadyAddedError,
    TooManyFirewallsError,
    UnknownResourceError,
)
from localcloud.hetzner.firewalls.rules import (
    Rule,
    check_rules,
)
from localcloud.hetzner.labels import Selector

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.machines import InboundRule
    from localcloud.hetzner.servers.models import Server

MAX_PER_SERVER = 5


@dataclass(frozen=True)
class Target:
    """One server, or all servers whose labels match."""

    server: int | None = None
    selector: str | None = None

    def hits(self, server: Server) -> bool:
        """Whether a server is meant."""
        if self.selector is not None:
            return Selector.parse(self.selector).matches(server.labels)
        return self.server == server.id


@dataclass(frozen=True)
class Firewall:
    """Rules, and the targets they hold for."""

    id: int
    name: str
    created: str
    rules: tuple[Rule, ...] = ()
    targets: tuple[Target, ...] = ()
    labels: dict[str, str] = field(default_factory=dict)


class Firewalls:
    """All firewalls."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("firewall", Firewall)

    def all(self) -> list[Firewall]:
        """Every firewall."""
        return list(self._table)

    def get(self, number: int) -> Firewall:
        """The firewall; raises NotFoundError."""
        firewall = self._table.get(number)
        if firewall is None:
            raise NotFoundError.thing("firewall", number)
        return firewall

    def of(self, server: Server) -> list[Firewall]:
        """The firewalls a server is behind."""
        return [one for one in self._table if any(target.hits(server) for target in one.targets)]

    def servers_of(self, *targets: Target) -> list[Server]:
        """The servers that targets mean, each once."""
        servers = self._cloud.servers.all()
        return [server for server in servers if any(target.hits(server) for target in targets)]

    def inbound(self, server: Server) -> tuple[InboundRule, ...] | None:
        """What a server's firewalls let in together; None where it has none."""
        firewalls = self.of(server)
        if not firewalls:
            return None
        rules = [rule.inbound for firewall in firewalls for rule in firewall.rules]
        return tuple(rule for rule in rules if rule is not None)

    async def enforce(self, server_id: int) -> None:
        """Make the machine of a server let in what its firewalls say now."""
        server = self._cloud.servers.find(server_id)
        if server is not None:
            rules = self.inbound(server)
            await self._cloud.in_thread(self._cloud.machines.set_firewall, server_id, rules)

    def create(
        self,
        name: str,
        rules: tuple[Rule, ...],
        targets: tuple[Target, ...],
        labels: dict[str, str],
    ) -> Firewall:
        """Add a firewall; the name has to be new."""
        check_rules(rules)
        if len(set(targets)) < len(targets):
            raise ServerAlreadyAddedError("a resource is named twice")
        for target in targets:
            self._check_target(target, UnknownResourceError)
        firewall = Firewall(
            self._cloud.state.next_id(), name, self._cloud.clock.stamp(), rules, targets, labels
        )
        self._check_name(firewall)
        return self._table.put(firewall)

    def update(
        self, firewall: Firewall, name: str | None, labels: dict[str, str] | None
    ) -> Firewall:
        """Change what is not None."""
        changed = replace(
            firewall,
            name=firewall.name if name is None else name,
            labels=firewall.labels if labels is None else labels,
        )
        self._check_name(changed)
        return self._table.put(changed)

    def set_rules(self, number: int, rules: tuple[Rule, ...]) -> None:
        """Replace all rules."""
        self._table.put(replace(self.get(number), rules=rules))

    def apply(self, firewall: Firewall, targets: tuple[Target, ...]) -> Firewall:
        """Add targets that are not there yet; raises AlreadyAppliedError and others."""
        for target in targets:
            if target in firewall.targets:
                raise AlreadyAppliedError("firewall is already applied to the resource")
            self._check_target(target, MissingResourceError)
        return self._table.put(replace(firewall, targets=firewall.targets + targets))

    def remove(self, firewall: Firewall, targets: tuple[Target, ...]) -> Firewall:
        """Take targets away; one that is not there is no error."""
        for target in targets:
            self._check_removable(firewall, target)
        kept = tuple(target for target in firewall.targets if target not in targets)
        return self._table.put(replace(firewall, targets=kept))

    def add_server(self, number: int, server_id: int) -> None:
        """Put a new server behind the firewall."""
        firewall = self.get(number)
        self._table.put(replace(firewall, targets=(*firewall.targets, Target(server=server_id))))

    def forget_server(self, server_id: int) -> None:
        """Take a server that is gone out of every firewall."""
        for firewall in self._table:
            kept = tuple(target for target in firewall.targets if target.server != server_id)
            if kept != firewall.targets:
                self._table.put(replace(firewall, targets=kept))

    def delete(self, firewall: Firewall) -> None:
        """Forget a firewall that is applied to nothing."""
        if firewall.targets:
            raise ResourceInUseError("firewall is still in use: remove it from its resources first")
        self._table.drop(firewall.id)

    def _check_target(
        self, target: Target, unknown: type[UnknownResourceError | MissingResourceError]
    ) -> None:
        if target.selector is not None:
            Selector.parse(target.selector)
            return
        server = self._cloud.servers.find(target.server or 0)
        if server is None:
            raise unknown(f"server with ID '{target.server}' not found")
        if not self._cloud.servers.is_public(server):
            raise PrivateNetOnlyError("server has no public interface")
        if len(self.of(server)) >= MAX_PER_SERVER:
            raise TooManyFirewallsError(f"a server takes at most {MAX_PER_SERVER} firewalls")

    def _check_removable(self, firewall: Firewall, target: Target) -> None:
        if target.server is None:
            return
        server = self._cloud.servers.find(target.server)
        if server is None:
            raise MissingResourceError(f"server with ID '{target.server}' not found")
        selectors = [one for one in firewall.targets if one.selector is not None]
        if target not in firewall.targets and any(one.hits(server) for one in selectors):
            raise ManagedBySelectorError("the server has the firewall because of its labels")

    def _check_name(self, firewall: Firewall) -> None:
        if any(other.name == firewall.name and other.id != firewall.id for other in self._table):
            raise UniquenessError("firewall name is already used", "name")

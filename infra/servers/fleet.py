"""The servers of the platform: the first carries Coolify, further ones carry replicas alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi_hcloud as hcloud

from infra.servers import firewall, rolling_resize
from infra.servers.host import Host, Joining
from infra.servers.network import PrivateNetwork

if TYPE_CHECKING:
    import pulumi

    from config.settings import Settings
    from infra.servers.tiers import Choice


class Fleet:
    """All servers, in order.

    Attributes:
        first: the one with Coolify; it outlives every change of the number.
        members: the others, which can be made anew at any time.
        network: what joins them; one server alone needs none.
    """

    def __init__(self, name: str, settings: Settings, choice: Choice) -> None:
        self._hooks = rolling_resize.binding(settings) if settings.servers > 1 else None
        self.first = Host(name, settings, choice, hooks=self._hooks)
        self.workers: list[Host] = []
        self.network: PrivateNetwork | None = None
        if settings.servers > 1:
            self.network = PrivateNetwork(name, settings)
            self.network.admit(self.first)
            self._grow(name, settings, choice)

    def _grow(self, name: str, settings: Settings, choice: Choice) -> None:
        rules = firewall.inner_firewall(f"{name}-members", settings)
        group = hcloud.PlacementGroup("placement-group", name=name, type="spread")
        for number in range(2, settings.servers + 1):
            joining = Joining(number, self.first, rules, group, after=self.hosts[-1])
            host = Host(f"{name}-{number}", settings, choice, joining=joining, hooks=self._hooks)
            self.workers.append(host)
            if self.network:
                self.network.admit(host)

    @property
    def hosts(self) -> tuple[Host, ...]:
        """Every server."""
        return (self.first, *self.workers)

    @property
    def memberships(self) -> list[pulumi.Resource]:
        """What has to be there before servers see each other."""
        return [*self.network.memberships] if self.network else []

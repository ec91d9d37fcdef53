"""The names of the services in Hetzner DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

from infra.names import TakenName

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infra.host import Host
    from infra.settings import Settings

_TTL_SECONDS = 300  # short, so that a recreated server is found soon


class Dns(pulumi.ComponentResource):
    """The zone of the domain, with an address record for each service's name."""

    def __init__(
        self,
        settings: Settings,
        host: Host,
        names: Sequence[str],
        opts: pulumi.ResourceOptions | None = None,
        *,
        served: Sequence[pulumi.Resource] = (),
    ) -> None:
        """`served`: what has to be up before names that are taken over lead here."""
        super().__init__("nutri:infra:Dns", settings.domain, None, opts)
        if settings.take_over_dns:
            self._take_over(settings, host, names, served)
            return
        zone = hcloud.Zone(
            "zone",
            name=settings.domain,
            mode="primary",
            ttl=_TTL_SECONDS,
            delete_protection=settings.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect),
        )
        for name in names:
            self._record(zone, name, "A", host.address)
            self._record(zone, name, "AAAA", host.ipv6)
        self.register_outputs({})

    def _take_over(
        self,
        settings: Settings,
        host: Host,
        names: Sequence[str],
        served: Sequence[pulumi.Resource],
    ) -> None:
        child = pulumi.ResourceOptions(parent=self, depends_on=list(served))
        for name in names:
            TakenName(settings, name, "A", host.address, _TTL_SECONDS, child)
            TakenName(settings, name, "AAAA", host.ipv6, _TTL_SECONDS, child)
        self.register_outputs({})

    def _record(
        self, zone: hcloud.Zone, name: str, kind: str, address: pulumi.Output[str]
    ) -> hcloud.ZoneRrset:
        return hcloud.ZoneRrset(
            f"{name}-{kind.lower()}",
            zone=zone.name,
            name=name,
            type=kind,
            ttl=_TTL_SECONDS,
            records=[hcloud.ZoneRrsetRecordArgs(value=address)],
            opts=pulumi.ResourceOptions(parent=self),
        )

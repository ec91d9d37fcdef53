"""The names of the services in Hetzner DNS."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pulumi
import pulumi_hcloud as hcloud

if TYPE_CHECKING:
    from collections.abc import Sequence

    from config.settings import Settings


class Dns(pulumi.ComponentResource):
    """The zone of the domain, with an address record for each service's name.

    Attributes:
        zone: the zone; None where it is another stack's.
    """

    def __init__(self, settings: Settings, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("nutri:infra:Dns", settings.domain, None, opts)
        self._settings = settings
        self.zone = self._zone() if settings.makes_zone else None
        self.register_outputs({})

    def _zone(self) -> hcloud.Zone:
        settings = self._settings
        return hcloud.Zone(
            "zone",
            name=settings.domain,
            mode="primary",
            ttl=settings.dns_ttl,
            delete_protection=settings.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.protect),
        )

    def lead(
        self,
        names: Sequence[str],
        addresses: tuple[pulumi.Output[str], pulumi.Output[str]],
        opts: pulumi.ResourceOptions | None = None,
        *,
        served: Sequence[pulumi.Resource] = (),
    ) -> list[pulumi.Resource]:
        """Let every name lead to an IPv4 and an IPv6 address.

        Args:
            names: below the domain.
            addresses: one of each family.
            opts: for each record.
            served: what has to be up before names that are taken over lead here.
        """
        own = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(parent=self))
        late = pulumi.ResourceOptions.merge(own, pulumi.ResourceOptions(depends_on=list(served)))
        return [
            self._taken(name, kind, address, late)
            if self._settings.take_over_dns
            else self._record(name, kind, address, own)
            for name in names
            for kind, address in zip(("A", "AAAA"), addresses, strict=True)
        ]

    def _taken(
        self, name: str, kind: str, address: pulumi.Output[str], opts: pulumi.ResourceOptions
    ) -> pulumi.Resource:
        from infra.ingress.taken_names import TakenName  # noqa: PLC0415 - its client takes a while to load

        record = self._settings.record(name)
        return TakenName(self._settings, record, kind, address, self._settings.dns_ttl, opts)

    def _record(
        self,
        name: str,
        kind: str,
        address: pulumi.Output[str],
        opts: pulumi.ResourceOptions,
    ) -> hcloud.ZoneRrset:
        return hcloud.ZoneRrset(
            f"{name}-{kind.lower()}",
            zone=self.zone.name if self.zone else self._settings.zone_name,
            name=self._settings.record(name),
            type=kind,
            ttl=self._settings.dns_ttl,
            records=[hcloud.ZoneRrsetRecordArgs(value=address)],
            opts=opts,
        )

"""Names of services that the machine around the double has to find too, such as databases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.zones.models import NAMESERVERS, Zone
from localcloud.hetzner.zones.records import Record, RRSet
from localcloud.supabase.constants import ZONE

if TYPE_CHECKING:
    from collections.abc import Mapping


def service_zone(addresses: Mapping[str, str]) -> Zone:
    """The zone of names that have an address on this machine."""
    soa = f"{NAMESERVERS[0]} dns.hetzner.com. 1 86400 10800 3600000 60"
    mail = RRSet("@", "MX", (Record(f"10 mail.{ZONE}."),))  # whose addresses are asked for by DNS
    sets = [RRSet("@", "SOA", (Record(soa),)), mail]
    sets += [
        RRSet(name.removesuffix(f".{ZONE}"), "AAAA" if ":" in address else "A", (Record(address),))
        for name, address in addresses.items()
    ]
    return Zone(id=0, name=ZONE, created="", ttl=60, rrsets=tuple(sets))

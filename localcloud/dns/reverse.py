"""Reverse names: zones made of the addresses' `dns_ptr`."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from localcloud.hetzner.zones.models import NAMESERVERS, Zone
from localcloud.hetzner.zones.records import Record, RRSet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.hetzner.primary_ips.models import PrimaryIp

IPV6_ZONE = "8.b.d.0.1.0.0.2.ip6.arpa"


def reverse_zones(addresses: Iterable[PrimaryIp], block: int) -> tuple[Zone, Zone]:
    """The reverse zones of the instance's IPv4 block and of the IPv6 networks."""
    pointers = {
        ipaddress.ip_address(pointer.ip).reverse_pointer: pointer.dns_ptr
        for address in addresses
        for pointer in address.pointers
    }
    names = (f"{block}.127.in-addr.arpa", IPV6_ZONE)
    first, second = (_zone(name, pointers) for name in names)
    return first, second


def _zone(name: str, pointers: dict[str, str]) -> Zone:
    soa = f"{NAMESERVERS[0]} dns.hetzner.com. 1 86400 10800 3600000 60"
    sets = [RRSet("@", "SOA", (Record(soa),))]
    sets += [
        RRSet(pointer.removesuffix(f".{name}"), "PTR", (Record(f"{target.rstrip('.')}."),))
        for pointer, target in pointers.items()
        if pointer.endswith(f".{name}")
    ]
    return Zone(id=0, name=name, created="", ttl=60, rrsets=tuple(sets))

"""What a firewall lets in, as seen from this machine, whose clients are all on loopback."""

from __future__ import annotations

import functools
import ipaddress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.hetzner.machines import InboundRule

_LOOPBACK = ipaddress.ip_network("127.0.0.0/8")
_TCP = "tcp"


def admits(rules: tuple[InboundRule, ...] | None, port: int, source: str) -> bool:
    """Whether a TCP connection to `port` from the address `source` may pass."""
    if rules is None:
        return True
    address = ipaddress.ip_address(source)
    return any(address in network for network in _sources(rules, port))


def is_reachable(rules: tuple[InboundRule, ...] | None, port: int) -> bool:
    """Whether any client on this machine may reach `port`: else it is not even listened on."""
    if rules is None:
        return True
    return any(
        network.version == _LOOPBACK.version and network.overlaps(_LOOPBACK)
        for network in _sources(rules, port)
    )


def _sources(
    rules: tuple[InboundRule, ...], port: int
) -> list[ipaddress.IPv4Network | ipaddress.IPv6Network]:
    return [
        _network(source)
        for rule in rules
        if rule.protocol == _TCP and rule.ports[0] <= port <= rule.ports[1]
        for source in rule.sources
    ]


@functools.lru_cache(maxsize=1024)
def _network(source: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    return ipaddress.ip_network(source, strict=False)

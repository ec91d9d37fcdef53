"""Arithmetic of private ranges: which are allowed, which are free, who the gateway is."""

from __future__ import annotations

import ipaddress
from ipaddress import IPv4Address, IPv4Network
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

RESERVED = IPv4Address("172.31.1.1")
"""The vendor's own gateway of the public interfaces."""
SMALLEST_NETWORK = 24
SMALLEST_SUBNET = 30
AUTOMATIC_SUBNET = 24
_PRIVATE = tuple(IPv4Network(text) for text in ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"))


def parse_range(text: str, field: str) -> IPv4Network:
    """A range with zero host bits; raises InvalidInputError."""
    try:
        return IPv4Network(text)
    except ValueError:
        raise InvalidInputError.field(
            field, f"{text!r} is no IPv4 range with zero host bits, such as 10.0.0.0/16"
        ) from None


def parse_address(text: str, field: str) -> IPv4Address:
    """An IPv4 address; raises InvalidInputError."""
    try:
        return IPv4Address(text)
    except ValueError:
        raise InvalidInputError.field(field, f"{text!r} is no IPv4 address") from None


def network_range(text: str) -> IPv4Network:
    """The range of a whole network; raises InvalidInputError."""
    found = parse_range(text, "ip_range")
    if not any(found.subnet_of(private) for private in _PRIVATE):
        raise InvalidInputError.field("ip_range", f"{text} is not a private range (RFC 1918)")
    if found.prefixlen > SMALLEST_NETWORK:
        raise InvalidInputError.field(
            "ip_range", f"{text} is too small: use a mask of at most /{SMALLEST_NETWORK}"
        )
    return found


def gateway(network: IPv4Network) -> IPv4Address:
    """The address of the vendor's router, for every subnet of the network."""
    return network[1]


def free_subnet(network: IPv4Network, taken: Iterable[IPv4Network]) -> IPv4Network | None:
    """The first range of the automatic size that overlaps none of the taken ones."""
    known = list(taken)
    for candidate in network.subnets(new_prefix=max(AUTOMATIC_SUBNET, network.prefixlen)):
        if not any(candidate.overlaps(other) for other in known):
            return candidate
    return None


def usable(subnet: IPv4Network, network: IPv4Network) -> Iterator[IPv4Address]:
    """The addresses members of a subnet may have, lowest first."""
    kept = {gateway(network), RESERVED}
    return (address for address in subnet.hosts() if address not in kept)


def overlap(one: str, other: str) -> bool:
    """Whether two ranges share an address."""
    return ipaddress.ip_network(one).overlaps(ipaddress.ip_network(other))

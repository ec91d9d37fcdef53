"""Public addresses: IPv4 out of the instance's block of loopback, IPv6 for documentation."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import ApiError

if TYPE_CHECKING:
    from collections.abc import Container

    from localcloud.state import State

_LAST_OCTETS = 254  # .0 and .255 look like networks and are left out
_SIZE = 256 * _LAST_OCTETS


class NoAddressLeftError(ApiError):
    """Every address of the block is taken."""

    status = 412
    code = "resource_unavailable"


class Addresses:
    """Hands out addresses in a circle, so that a freed one comes back late."""

    def __init__(self, state: State, block: int) -> None:
        self._state = state
        self._block = block

    def next_ipv4(self, taken: Container[str]) -> str:
        """The next address that is not taken, 127.<block>.x.y."""
        for _ in range(_SIZE):
            row, last = divmod(self._state.counter("ipv4", 0) % _SIZE, _LAST_OCTETS)
            address = f"127.{self._block}.{row}.{last + 1}"
            if address not in taken:
                return address
        raise NoAddressLeftError("no IPv4 address is left")

    def next_ipv6(self) -> str:
        """The next network, 2001:db8:<n>::/64; the text before the mask ends in `::`."""
        number = self._state.counter("ipv6", 1) % 0xFFFF or 1
        return f"2001:db8:{number:x}::/64"


def is_inside(ip: str, network: str) -> bool:
    """Whether an address is another one, or inside a network."""
    try:
        return ipaddress.ip_address(ip) in ipaddress.ip_network(network)
    except ValueError:
        return False


def default_pointer(ip: str) -> str:
    """The reverse name an IPv4 address has until somebody sets one."""
    return f"static.{'.'.join(reversed(ip.split('.')))}.clients.your-server.de"

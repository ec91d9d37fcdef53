"""The pool of public addresses."""

from __future__ import annotations

import pytest

from localcloud.hetzner.addresses import Addresses, NoAddressLeftError, default_pointer
from localcloud.state import State


def test_ipv4_goes_on_in_a_circle_without_network_looking_ends() -> None:
    """.0 and .255 are left out, and the next row follows."""
    pool = Addresses(State(), 10)
    handed = [pool.next_ipv4(set()) for _ in range(256)]
    assert handed[0] == "127.10.0.1"
    assert handed[253:255] == ["127.10.0.254", "127.10.1.1"]
    assert len(set(handed)) == 256


def test_taken_addresses_are_passed_over() -> None:
    """An address somebody has is not handed out again."""
    assert Addresses(State(), 10).next_ipv4({"127.10.0.1", "127.10.0.2"}) == "127.10.0.3"


def test_full_pool_is_an_error() -> None:
    """When all are taken the API says so instead of searching for ever."""

    class _Everything:
        def __contains__(self, _address: object) -> bool:
            return True

    with pytest.raises(NoAddressLeftError):
        Addresses(State(), 10).next_ipv4(_Everything())


def test_ipv6_networks_differ() -> None:
    """Each is a /64 of the documentation range."""
    pool = Addresses(State(), 10)
    assert [pool.next_ipv6() for _ in range(2)] == ["2001:db8:1::/64", "2001:db8:2::/64"]


def test_default_reverse_name() -> None:
    """The vendor's pattern, octets reversed."""
    assert default_pointer("127.10.0.1") == "static.1.0.10.127.clients.your-server.de"

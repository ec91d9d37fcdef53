"""A firewall's rules as seen from this machine."""

from __future__ import annotations

import pytest

from localcloud.hetzner.machines import InboundRule
from localcloud.node.rules import admits, is_reachable

WEB = InboundRule("tcp", (80, 443), ("0.0.0.0/0",))
SSH = InboundRule("tcp", (22, 22), ("127.0.0.1/32", "198.51.100.0/24"))
ICMP = InboundRule("icmp", (1, 65535), ("0.0.0.0/0",))


@pytest.mark.parametrize(
    ("rules", "port", "source", "passes"),
    [
        (None, 9, "127.0.0.1", True),
        ((), 9, "127.0.0.1", False),
        ((WEB,), 80, "127.0.0.1", True),
        ((WEB,), 443, "127.0.0.1", True),
        ((WEB,), 444, "127.0.0.1", False),
        ((WEB,), 79, "127.0.0.1", False),
        ((SSH,), 22, "127.0.0.1", True),
        ((SSH,), 22, "127.0.0.2", False),
        ((WEB, SSH), 22, "198.51.100.7", True),
        ((ICMP,), 22, "127.0.0.1", False),
        ((InboundRule("tcp", (22, 22), ("::/0",)),), 22, "127.0.0.1", False),
        ((InboundRule("tcp", (22, 22), ("127.0.0.1/8",)),), 22, "127.9.9.9", True),
    ],
)
def test_a_connection_passes_by_port_protocol_and_source(
    rules: tuple[InboundRule, ...] | None, port: int, source: str, *, passes: bool
) -> None:
    """One rule that fits is enough; without any nothing passes; no firewall lets all in."""
    assert admits(rules, port, source) is passes


@pytest.mark.parametrize(
    ("sources", "reachable"),
    [
        (("0.0.0.0/0",), True),
        (("127.0.0.1/32",), True),
        (("203.0.113.0/24",), False),
        (("::/0",), False),
        ((), False),
    ],
)
def test_a_port_is_listened_on_only_for_clients_of_this_machine(
    sources: tuple[str, ...], *, reachable: bool
) -> None:
    """All clients of the double are on loopback, so other networks need no listener."""
    assert is_reachable((InboundRule("tcp", (22, 22), sources),), 22) is reachable

"""Which ports a server listens on, from the kernel's own tables."""

from __future__ import annotations

import os
import socket
from typing import TYPE_CHECKING

import pytest

from localcloud.node.sockets import listening_ports, parse_listening

if TYPE_CHECKING:
    from pathlib import Path

SERVER = "100.64.10.3"
HEADER = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid\n"


def row(local: str, state: str = "0A") -> str:
    """One line of /proc/net/tcp as a little-endian kernel prints it."""
    return f"{HEADER}   0: {local} 00000000:0000 {state} 00000000:00000000 00:00000000 0 0 0 1\n"


@pytest.mark.parametrize(
    ("local", "ports"),
    [
        ("00000000:0016", {22}),
        ("00000000000000000000000000000000:01BB", {443}),
        ("030A4064:0050", {80}),
        ("0000000000000000FFFF0000030A4064:0050", {80}),
        ("0100007F:1F40", set()),
        ("0B00007F:A1B2", set()),
        ("00000000000000000000000001000000:0016", set()),
        ("0000000000000000FFFF00000100007F:0016", set()),
        ("010011AC:0035", set()),
    ],
    ids=[
        *("any IPv4", "any IPv6", "its address", "its address, mapped", "loopback"),
        *("Docker's resolver", "IPv6 loopback", "mapped loopback", "a bridge of its own"),
    ],
)
def test_only_what_is_reachable_from_outside_counts(local: str, ports: set[int]) -> None:
    """Wildcards and the server's own address are reachable; loopback and bridges are not."""
    assert parse_listening(row(local), SERVER) == ports


def test_established_connections_are_no_listeners() -> None:
    """Only sockets in state LISTEN open a port."""
    assert parse_listening(row("00000000:0016", "01"), SERVER) == frozenset()


def test_an_empty_or_cut_table_is_no_error() -> None:
    """The kernel may be read in the middle of a change."""
    assert parse_listening("", SERVER) == frozenset()
    assert parse_listening(f"{HEADER}   0: 00000000:0016\n", SERVER) == frozenset()


def test_it_reads_this_very_machine() -> None:
    """The format is the running kernel's, not only the one written down here."""
    with socket.socket() as inside, socket.socket() as outside:
        inside.bind(("127.0.0.1", 0))
        outside.bind(("0.0.0.0", 0))  # noqa: S104 - what is under test; nothing is accepted
        inside.listen()
        outside.listen()
        found = listening_ports(os.getpid(), SERVER)
        assert outside.getsockname()[1] in found
        assert inside.getsockname()[1] not in found


def test_a_process_that_is_gone_is_an_os_error(tmp_path: Path) -> None:
    """The edge takes it for a server that went down."""
    with pytest.raises(OSError, match="No such file"):
        listening_ports(1, SERVER, tmp_path)

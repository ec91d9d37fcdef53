"""Which TCP ports of a server answer: read from /proc, so that a closed port stays closed."""

from __future__ import annotations

import ipaddress
import struct
from pathlib import Path

_LISTEN = "0A"
_FIELDS = 4
_IPV4_DIGITS = 8


def listening_ports(pid: int, address: str, proc: Path = Path("/proc")) -> frozenset[int]:
    """TCP ports something listens on at `address` in the network of process `pid`.

    Raises:
        OSError: the process is gone, or this user may not look at it.
    """
    folder = proc / str(pid) / "net"
    tables = (folder / "tcp").read_text(), _read_optional(folder / "tcp6")
    return frozenset().union(*(parse_listening(table, address) for table in tables))


def parse_listening(table: str, address: str) -> frozenset[int]:
    """The ports of a /proc/net/tcp or tcp6 text that `address` reaches from outside.

    Listeners on loopback, or on another address of the server, do not count.
    """
    rows = (line.split() for line in table.splitlines()[1:])
    listeners = (row[1] for row in rows if len(row) >= _FIELDS and row[3] == _LISTEN)
    return frozenset(_port(local) for local in listeners if _reaches(local, address))


def _port(local: str) -> int:
    return int(local.rpartition(":")[2], 16)


def _reaches(local: str, address: str) -> bool:
    bound = _decode(local.rpartition(":")[0])
    return bound.is_unspecified or bound == ipaddress.ip_address(address)


def _decode(digits: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """An address as the kernel prints it: 32-bit words in the byte order of the machine."""
    raw = bytes.fromhex(digits)
    words = struct.unpack(f">{len(raw) // 4}I", raw)
    packed = struct.pack(f"={len(words)}I", *words)
    if len(digits) == _IPV4_DIGITS:
        return ipaddress.IPv4Address(packed)
    address = ipaddress.IPv6Address(packed)
    return address.ipv4_mapped or address


def _read_optional(path: Path) -> str:
    try:
        return path.read_text()
    except FileNotFoundError:  # a kernel without IPv6
        return ""

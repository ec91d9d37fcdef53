"""What is under way to a container, and whether it heeds a stop: the kernel's own tables."""

from __future__ import annotations

import re
from pathlib import Path

_SIGTERM_BIT = 1 << 14
_ESTABLISHED = "01"


def under_way(pid: int, port: str, proxies: set[str]) -> int:
    """How many connections the proxy has to a container, whatever goes over them."""
    count = 0
    for table in ("tcp", "tcp6"):
        try:
            lines = Path(f"/proc/{pid}/net/{table}").read_text(encoding="ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            _, local, remote, state = line.split()[:4]
            is_ours = int(local.rpartition(":")[2], 16) == int(port)
            count += is_ours and state == _ESTABLISHED and address(remote) in proxies
    return count


def address(text: str) -> str:
    """The IPv4 address in a row of /proc/net/tcp or tcp6; empty for any other."""
    digits = text.rpartition(":")[0]
    is_mapped = digits.startswith("0" * 16 + "FFFF0000")
    if len(digits) != 8 and not is_mapped:  # noqa: PLR2004 - hexadecimal digits of four bytes
        return ""
    return ".".join(str(one) for one in reversed(bytes.fromhex(digits[-8:])))


def heeds_stop(pid: int) -> bool:
    """Whether a container's first process does anything on SIGTERM.

    As the first process of its container it ignores what it does not catch, and one that waits for
    the signal has it blocked.
    """
    try:
        text = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return True
    masks = dict(re.findall(r"^(SigCgt|SigBlk):\s*([0-9a-f]+)$", text, re.MULTILINE))
    return any(int(mask, 16) & _SIGTERM_BIT for mask in masks.values())

"""A Storage Box as its SFTP host has to be built."""

from __future__ import annotations

from dataclasses import dataclass

TROUBLES = ("none", "refused", "login", "full", "dropped")
"""What the knob `storage_boxes` takes: refuse connections, refuse logins, take no more data, cut
uploads off."""


@dataclass(frozen=True)
class BoxSpec:
    """What the host needs to know."""

    id: int
    host: str
    username: str
    password: str
    ssh_keys: tuple[str, ...]
    reachable: bool
    """Whether SSH is on and the box may be reached from outside Hetzner's network."""
    trouble: str = "none"

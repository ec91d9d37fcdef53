"""The ISOs on the shelf."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Iso:
    """A disc that can be put into a server."""

    id: int
    name: str
    description: str
    architecture: str | None
    type: str = "public"


ISOS = (
    Iso(8637, "debian-12-netinst", "Debian 12 (amd64/netinstall)", "x86"),
    Iso(8638, "debian-12-netinst-arm64", "Debian 12 (arm64/netinstall)", "arm"),
    Iso(8639, "virtio-win.iso", "virtio drivers for Windows", None),
)

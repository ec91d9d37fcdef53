"""The Storage Box types there are, and where."""

from __future__ import annotations

from dataclasses import dataclass

TEBIBYTE = 1024**4
PLACES = ("fsn1", "hel1")
"""Locations with Storage Boxes."""


@dataclass(frozen=True)
class StorageBoxType:
    """A size of Storage Boxes."""

    id: int
    name: str
    terabytes: int
    price: str
    """EUR a month, net."""
    snapshots: int

    @property
    def size(self) -> int:
        """Bytes."""
        return self.terabytes * TEBIBYTE


STORAGE_BOX_TYPES = (
    StorageBoxType(1333, "bx11", 1, "3.20", 10),
    StorageBoxType(1334, "bx21", 5, "10.90", 20),
    StorageBoxType(1335, "bx31", 10, "20.80", 30),
    StorageBoxType(1336, "bx41", 20, "40.60", 40),
)

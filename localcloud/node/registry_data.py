"""Where the registries keep what is published: each set of images by itself, layers once.

Clones of the project share a cache, and may differ in what they publish under the same tag. So the
folder of an instance is named by the content of all that is published; its layers are in a
folder beside it that all of them share, and new content begins with the layers that are known.
"""

from __future__ import annotations

import hashlib
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from localcloud.node.locks import exclusive

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.node.image_build import ImageBuilder
    from localcloud.node.images import Published

REGISTRIES = ("docker", "ghcr")
_INSIDE = Path("docker/registry/v2")
"""Where a registry has its two folders, `blobs` and `repositories`."""
_BLOBS = "blobs"
_KEY_LENGTH = 16


@dataclass(frozen=True)
class RegistryData:
    """The registries' data for one set of published images."""

    root: Path
    """What all sets share."""
    key: str

    @classmethod
    def of(cls, root: Path, builder: ImageBuilder, rows: Iterable[Published]) -> RegistryData:
        """The data for these rows, as the builder would build them."""
        lines = sorted(f"{row.reference} {builder.key(row.image)}" for row in rows)
        return cls(root, hashlib.sha256("\n".join(lines).encode()).hexdigest()[:_KEY_LENGTH])

    @property
    def folder(self) -> Path:
        """The folder of this set."""
        return self.root / self.key

    def prepare(self) -> None:
        """Make the folder, if it is not there."""
        self.root.mkdir(parents=True, exist_ok=True)
        with exclusive(self.root / "prepare.lock", "preparing the registries"):
            if not self.folder.exists():
                self._make(self._latest())

    def _make(self, known: Path | None) -> None:
        scratch = self.root / f".{self.key}"
        shutil.rmtree(scratch, ignore_errors=True)
        for registry in REGISTRIES:
            place = scratch / registry / _INSIDE
            place.mkdir(parents=True)
            shared = self.root / _BLOBS / registry
            shared.mkdir(parents=True, exist_ok=True)
            up = Path(*[".."] * (len(_INSIDE.parts) + 2))
            (place / "blobs").symlink_to(up / _BLOBS / registry)
            if known is not None:
                _copy_layers(known / registry / _INSIDE, place)
        scratch.rename(self.folder)

    def _latest(self) -> Path | None:
        sets = [one for one in self.root.iterdir() if (one / REGISTRIES[0]).is_dir()]
        sets = [one for one in sets if one.name != _BLOBS and not one.name.startswith(".")]
        return max(sets, key=lambda one: one.stat().st_mtime, default=None)


def _copy_layers(known: Path, place: Path) -> None:
    """Take over which layers a repository has, not which images: those are pushed."""
    for layers in known.glob("repositories/**/_layers"):
        shutil.copytree(layers, place / layers.relative_to(known))

"""What clones of the project publish under one tag is kept apart; layers are kept once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from localcloud.node.images import Published
from localcloud.node.registry_data import RegistryData

if TYPE_CHECKING:
    from pathlib import Path

ROWS = (Published("app", "ghcr.localcloud.test/nutri/app:1"),)
LAYERS = "ghcr/docker/registry/v2/repositories/nutri/app/_layers/sha256/aa/link"
TAGS = "ghcr/docker/registry/v2/repositories/nutri/app/_manifests/tags/1/current/link"


@dataclass
class Builder:
    """A builder of images whose content is this."""

    content: str

    def key(self, name: str) -> str:
        """The key of an image."""
        return f"{name}-{self.content}"


def data(root: Path, content: str) -> RegistryData:
    """The registries' data of a clone with this content, prepared."""
    found = RegistryData.of(root, Builder(content), ROWS)  # type: ignore[arg-type]
    found.prepare()
    return found


def put(folder: Path, path: str) -> None:
    """Write a file as a registry does."""
    (folder / path).parent.mkdir(parents=True)
    (folder / path).write_text("sha256:aa")


def test_other_content_has_a_folder_of_its_own(tmp_path: Path) -> None:
    """A tag of the one is none of the other, and the first keeps its own."""
    first = data(tmp_path, "k1")
    put(first.folder, TAGS)
    second = data(tmp_path, "k2")
    assert second.folder != first.folder
    assert not (second.folder / TAGS).exists()
    assert data(tmp_path, "k1").folder == first.folder
    assert (first.folder / TAGS).exists()


def test_layers_are_shared_and_known_at_once(tmp_path: Path) -> None:
    """One folder of content for all; a new set knows which layers there are already."""
    first = data(tmp_path, "k1")
    put(first.folder, LAYERS)
    blob = "docker/registry/v2/blobs/sha256/aa/data"
    put(first.folder / "ghcr", blob)
    second = data(tmp_path, "k2")
    assert (second.folder / "ghcr" / blob).read_text() == "sha256:aa"
    assert (second.folder / LAYERS).exists()
    assert (tmp_path / "blobs/ghcr/sha256/aa/data").exists()


def test_a_set_cut_off_while_it_was_made_is_made_again(tmp_path: Path) -> None:
    """A folder is there whole or not at all."""
    found = RegistryData.of(tmp_path, Builder("k1"), ROWS)  # type: ignore[arg-type]
    put(tmp_path / f".{found.key}", LAYERS)
    found.prepare()
    assert not (found.folder / LAYERS).exists()
    assert (found.folder / "docker/docker/registry/v2/blobs").is_dir()


@pytest.mark.parametrize("rows", [(), (*ROWS, Published("b", "ghcr.localcloud.test/nutri/b:1"))])
def test_another_list_is_another_set(tmp_path: Path, rows: tuple[Published, ...]) -> None:
    """What is published decides, not only the images."""
    one = RegistryData.of(tmp_path, Builder("k1"), ROWS)  # type: ignore[arg-type]
    assert RegistryData.of(tmp_path, Builder("k1"), rows).key != one.key  # type: ignore[arg-type]

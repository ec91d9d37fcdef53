"""The image table, and a builder that builds what is missing and nothing else."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from docker.errors import BuildError, ImageNotFound

from localcloud.node import base_image
from localcloud.node.errors import ImageError
from localcloud.node.image_build import Image, ImageBuilder
from localcloud.node.images import IMAGES, PUBLISHED, ROOT
from localcloud.node.publish import split_reference

if TYPE_CHECKING:
    from pathlib import Path


@dataclass
class Engine:
    """An engine that only remembers tags: it is its own client and its own image collection."""

    tags: set[str] = field(default_factory=set)
    built: list[str] = field(default_factory=list)
    arguments: dict[str, dict[str, str]] = field(default_factory=dict)
    fails: str = ""

    @property
    def images(self) -> Engine:
        """The image collection."""
        return self

    def get(self, tag: str) -> object:
        """Find an image."""
        if tag not in self.tags:
            raise ImageNotFound(tag)
        return object()

    def list(self, name: str) -> list[str]:
        """Images of a name."""
        return [tag for tag in self.tags if tag == name]

    def build(self, *, tag: str, buildargs: dict[str, str], **_: object) -> None:
        """Build, or fail as the classic builder does."""
        if self.fails and self.fails in tag:
            log = iter([{"stream": "Step 3/3 : RUN false\n"}, {"error": "code 1"}])
            raise BuildError("returned a non-zero code: 1", log)
        self.tags.add(tag)
        self.built.append(tag.split("/")[1].split(":", maxsplit=1)[0])
        self.arguments[self.built[-1]] = buildargs


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A package folder with a base, a parent and a child context."""
    for name in ("base", "parent", "child"):
        folder = tmp_path / "root" / "images" / name
        folder.mkdir(parents=True)
        (folder / "Dockerfile").write_text(f"# {name}\nARG BASE\nFROM ${{BASE}}\n")
    return tmp_path / "root"


TABLE = (
    Image("parent", "images/parent"),
    Image("child", "images/child", "parent", {"VERSION": "1"}),
)


def make(engine: Engine, root: Path, table: tuple[Image, ...] = TABLE) -> ImageBuilder:
    """A builder on that engine."""
    engine.tags.add(base_image.DEBIAN)
    return ImageBuilder(engine, table, root, root.parent / "cache", lambda _line: None)  # type: ignore[arg-type]


def test_parents_are_built_first_and_once(root: Path) -> None:
    """A child brings its parents along; asked again, nothing is built."""
    engine = Engine()
    builder = make(engine, root)
    tags = builder.ensure(["child"])
    assert engine.built == ["base", "parent", "child"]
    assert tags == {"child": f"localcloud/child:{builder.key('child')}"}
    assert engine.arguments["child"] == {"VERSION": "1", "BASE": builder.tag("parent")}
    builder.ensure(["child", "parent"])
    assert len(engine.built) == 3


def test_a_change_in_a_parent_rebuilds_its_children(root: Path) -> None:
    """The key of a child holds the key of its parent, down to the base."""
    engine = Engine()
    make(engine, root).ensure(["child"])
    (root / "images" / "base" / "apt.conf").write_text("changed")
    make(engine, root).ensure(["child"])
    assert engine.built == ["base", "parent", "child"] * 2


def test_a_failed_build_leaves_no_tag_and_tells_the_last_lines(root: Path) -> None:
    """What was not built to the end is not taken for built the next time."""
    engine = Engine(fails="child")
    builder = make(engine, root)
    with pytest.raises(ImageError, match="RUN false"):
        builder.ensure(["child"])
    assert not builder.present("child")
    engine.fails = ""
    builder.ensure(["child"])
    assert builder.present("child")


def test_extra_files_are_part_of_the_key(root: Path) -> None:
    """Files from elsewhere in the package count like those of the context."""
    table = (Image("child", "images/child", extra={"app": "program"}),)
    (root / "program").mkdir()
    (root / "program" / "main.py").write_text("1")
    before = make(Engine(), root, table).key("child")
    (root / "program" / "main.py").write_text("2")
    assert make(Engine(), root, table).key("child") != before


def test_an_unknown_image_is_named(root: Path) -> None:
    """The error lists what there is."""
    with pytest.raises(ImageError, match=r"no image 'nothing' in the table; known: parent, child"):
        make(Engine(), root).ensure(["nothing"])


def test_a_context_without_dockerfile_is_named(root: Path) -> None:
    """A row that points nowhere is an error of its own, not one of the engine's."""
    with pytest.raises(ImageError, match="holds no Dockerfile"):
        make(Engine(), root, (Image("x", "images/x"),)).ensure(["x"])


def test_the_table_is_complete() -> None:
    """Every row has a context that starts from its parent, and every parent is a row."""
    names = [image.name for image in IMAGES]
    assert len(names) == len(set(names))
    for image in IMAGES:
        lines = (ROOT / image.context / "Dockerfile").read_text().splitlines()
        code = [line for line in lines if line and not line.startswith("#")]
        assert code[:2] == ["ARG BASE", "FROM ${BASE}"], image.name
        assert image.parent == base_image.NAME or image.parent in names


def test_published_rows_are_images_under_distinct_references() -> None:
    """Every published name can be pushed, and belongs to an image of the table."""
    names = {image.name for image in IMAGES}
    references = [row.reference for row in PUBLISHED]
    assert len(references) == len(set(references))
    assert {row.image for row in PUBLISHED} <= names
    assert all(split_reference(reference) for reference in references)


def test_the_apps_tags_are_published() -> None:
    """Both services of both kinds in all three states are in the private registry."""
    references = {row.reference for row in PUBLISHED}
    for service in ("backend", "ml-service"):
        for tag in ("good-1", "never-healthy", "drain-2", "drain-never-healthy"):
            assert f"ghcr.localcloud.test/nutri/{service}:{tag}" in references


@pytest.mark.parametrize("reference", ["docker.io/library/x:1", "ghcr.localcloud.test/x", ""])
def test_a_reference_elsewhere_is_refused(reference: str) -> None:
    """Only the instance's own registries are ever pushed to."""
    with pytest.raises(ImageError, match="cannot be published"):
        split_reference(reference)


def test_extra_authorities_go_into_the_base_and_its_key(root: Path, tmp_path: Path) -> None:
    """The machine's own authorities are copied; without any the context still has the folder."""
    none = base_image.files(root, tmp_path / "nowhere")
    folder = tmp_path / "authorities"
    folder.mkdir()
    (folder / "extra.crt").write_text("PEM")
    (folder / "note.txt").write_text("no certificate")
    some = base_image.files(root, folder)
    assert {file.path for file in none} == {"Dockerfile", "extra-ca/README"}
    assert {file.path for file in some} - {file.path for file in none} == {"extra-ca/extra.crt"}

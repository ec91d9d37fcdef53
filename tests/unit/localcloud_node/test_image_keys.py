"""Content keys: the same content gives the same key, anything else another one."""

from __future__ import annotations

import tarfile
from typing import TYPE_CHECKING

import pytest

from localcloud.node.image_keys import ContextFile, content_key, context_tar, read_context

if TYPE_CHECKING:
    from pathlib import Path

FILES = (ContextFile("Dockerfile", b"FROM x"), ContextFile("a/b", b"text"))


def test_the_key_is_stable() -> None:
    """Two readings of the same content agree, in this process and in any other."""
    assert content_key(FILES, "parent", {"A": "1"}) == content_key(FILES, "parent", {"A": "1"})
    assert content_key(FILES, "parent", {"A": "1"}) == "dad97c0870a8554e"


@pytest.mark.parametrize(
    ("files", "parent", "arguments"),
    [
        (FILES, "other", {}),
        (FILES, "parent", {"A": "1"}),
        (FILES[:1], "parent", {}),
        ((FILES[0], ContextFile("a/b", b"other")), "parent", {}),
        ((FILES[0], ContextFile("a/c", b"text")), "parent", {}),
        ((FILES[0], ContextFile("a/b", b"text", 0o755)), "parent", {}),
        ((ContextFile("Dockerfile", b"FROM"), ContextFile(" xa/b", b"text")), "parent", {}),
    ],
)
def test_any_change_changes_the_key(
    files: tuple[ContextFile, ...], parent: str, arguments: dict[str, str]
) -> None:
    """Content, name, mode, parent and arguments all count, and cannot stand in for each other."""
    assert content_key(files, parent, arguments) != content_key(FILES, "parent")


def test_a_context_is_read_without_the_caches_of_tools(tmp_path: Path) -> None:
    """Files are found at any depth with their execute bit; compiled leftovers are not."""
    (tmp_path / "sub" / "__pycache__").mkdir(parents=True)
    (tmp_path / "sub" / "__pycache__" / "x.pyc").write_bytes(b"x")
    (tmp_path / "sub" / "run").write_bytes(b"#!/bin/sh")
    (tmp_path / "sub" / "run").chmod(0o700)
    (tmp_path / "Dockerfile").write_bytes(b"FROM x")
    assert read_context(tmp_path) == (
        ContextFile("Dockerfile", b"FROM x", 0o644),
        ContextFile("sub/run", b"#!/bin/sh", 0o755),
    )


def test_the_tar_is_the_same_every_time() -> None:
    """No clock and no owner gets into it, so the engine's own cache can work too."""
    first, second = context_tar(FILES), context_tar(FILES)
    assert first.getvalue() == second.getvalue()
    with tarfile.open(fileobj=first) as archive:
        assert archive.getnames() == ["Dockerfile", "a/b"]

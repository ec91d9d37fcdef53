"""Which official command line is used, and which is passed over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.engine.cache import MARK
from tools.engine.official import usable

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize("version", ["v3.231.0", "v3.259.0", "v4.0.1", "3.260.0-alpha.1"])
def test_new_enough(official: Callable[[str], Path], version: str) -> None:
    """One that is new enough is used."""
    program = official(version)
    found = usable()
    assert found is not None
    assert found.program == program


def test_none_there(official: Callable[[str], Path]) -> None:
    """No command line on PATH is no official one."""
    official("v3.259.0").unlink()
    assert usable() is None


def test_too_old(official: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """One that is too old is passed over, and the person is told why."""
    program = official("v3.230.9")
    assert usable() is None
    assert f"{program} is 3.230.9, older than 3.231.0; not using it" in capsys.readouterr().err


def test_no_version(official: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    """Some other program named pulumi is passed over."""
    official("hello")
    assert usable() is None
    assert "does not say its version" in capsys.readouterr().err


def test_no_python_host(
    official: Callable[[str], Path], capsys: pytest.CaptureFixture[str]
) -> None:
    """One that came without its Python host is passed over."""
    official("v3.259.0").with_name("pulumi-language-python").unlink()
    assert usable() is None
    assert "has no pulumi-language-python beside it" in capsys.readouterr().err


def test_ours_is_not_official(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    official: Callable[[str], Path],
    script: Callable[[Path, str], Path],
) -> None:
    """A link to what we built does not hide the official one behind it on PATH."""
    theirs = official("v3.240.0")
    ours = script(tmp_path / "some cache" / "key" / "pulumi", "echo v3.259.0")
    ours.with_name(MARK).touch()
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "pulumi").symlink_to(ours)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{theirs.parent}:/usr/bin:/bin")
    found = usable()
    assert found is not None
    assert (found.program, found.version) == (theirs, (3, 240, 0))

"""Which Go builds, and with what environment."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tools.engine import golang

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.mark.parametrize(
    ("answer", "version", "platform"),
    [
        ("go version go1.26.4 linux/amd64\n", (1, 26, 4), "linux/amd64"),
        ("go version go1.19 linux/arm64\n", (1, 19, 0), "linux/arm64"),
        ("go version go1.27rc1 X:rangefunc darwin/arm64\n", (1, 27, 0), "darwin/arm64"),
    ],
)
def test_parse(answer: str, version: tuple[int, int, int], platform: str) -> None:
    """The version and the platform are read from what Go says."""
    found = golang.parse("go", answer)
    assert found is not None
    assert (found.version, found.platform) == (version, platform)


@pytest.mark.parametrize("answer", ["", "gccgo 12\n", "go version devel\n"])
def test_parse_something_else(answer: str) -> None:
    """Another program is no Go."""
    assert golang.parse("go", answer) is None


@pytest.mark.parametrize(
    ("version", "suffices"), [("1.19.8", False), ("1.20.14", False), ("1.21.0", True)]
)
def test_suffices(version: str, suffices: bool) -> None:
    """A Go that cannot fetch a newer one by itself does not suffice, as Debian 12's."""
    found = golang.parse("go", f"go version go{version} linux/amd64")
    assert found is not None
    assert found.suffices is suffices


def test_an_older_go_fetches_the_newer(monkeypatch: pytest.MonkeyPatch) -> None:
    """An older Go is told to fetch its successor, whatever the distribution set."""
    monkeypatch.setenv("GOTOOLCHAIN", "local")
    older = golang.Go("go", (1, 22, 0), "linux/amd64")
    assert older.environment()["GOTOOLCHAIN"] == "go1.26.4+auto"
    newer = golang.Go("go", (1, 26, 4), "linux/amd64")
    assert newer.environment()["GOTOOLCHAIN"] == "local"


def test_settings_that_change_the_build_are_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A user's flags (which could lift the checks) or target do not reach the build."""
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOARCH", "arm")
    monkeypatch.setenv("GOPROXY", "https://proxy.example")
    environment = golang.Go("go", (1, 26, 4), "linux/amd64").environment()
    assert environment.keys() & {"GOFLAGS", "GOARCH"} == set()
    assert environment["GOPROXY"] == "https://proxy.example"


def test_the_go_on_path(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Callable[[Path, str], Path]
) -> None:
    """The Go on PATH is found; without one, or with a broken one, there is none."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert golang.find() is None
    script(tmp_path / "go", "echo go version go1.26.4 linux/amd64")
    assert golang.find() == golang.Go(str(tmp_path / "go"), (1, 26, 4), "linux/amd64")
    script(tmp_path / "go", "exit 1")
    assert golang.find() is None

"""Made-up programs on a made-up PATH."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def script() -> Callable[[Path, str], Path]:
    """Write a shell script."""

    def write(path: Path, body: str) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"#!/bin/sh\n{body}\n")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for what is built, empty."""
    monkeypatch.setenv("NUTRI_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path / "pulumi-home"))
    return tmp_path / "cache" / "engine"


@pytest.fixture
def official(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: Callable[[Path, str], Path]
) -> Callable[[str], Path]:
    """Put an official command line of some version on PATH, which it has to itself."""
    folder = tmp_path / "official"
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")

    def install(version: str) -> Path:
        script(folder / "pulumi-language-python", "")
        return script(folder / "pulumi", f'[ "$1" = version ] && echo {version}')

    return install

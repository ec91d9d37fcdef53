"""A disk that is full: restic is not to wait for room for its cache."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from infra.dumper import restic

if TYPE_CHECKING:
    from infra.dumper.config import Config


@pytest.mark.parametrize(("free", "words"), [(0, ["--no-cache"]), (2 * restic.CACHE_FREE, [])])
def test_there_is_no_cache_without_room(
    free: int, words: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The folder need not be there yet; the file system it will be on counts."""
    asked: list[Path] = []

    def usage(place: Path) -> SimpleNamespace:
        asked.append(place)
        return SimpleNamespace(free=free)

    monkeypatch.setenv("NUTRI_DUMPS_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr("infra.dumper.restic.shutil.disk_usage", usage)
    config = SimpleNamespace(
        repository="/r", password_file=Path("/p"), environment={}, sftp_command=""
    )
    made = restic.Restic(cast("Config", config))
    assert made.command("snapshots") == ["restic", *words, "snapshots"]
    assert asked == [tmp_path]

"""A disk that is full: restic is not to wait for room for its cache."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest

from agent.dumps import restic
from agent.dumps.errors import DumpError

if TYPE_CHECKING:
    from agent.dumps.config import Config


def _restic() -> restic.Restic:
    config = SimpleNamespace(
        repository="/r", password_file=Path("/p"), environment={}, sftp_command=""
    )
    return restic.Restic(cast("Config", config))


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
    monkeypatch.setattr("agent.dumps.restic.shutil.disk_usage", usage)
    assert _restic().command("snapshots") == ["restic", *words, "snapshots"]
    assert asked == [tmp_path]


@pytest.mark.parametrize(("free", "whose"), [(0, "server's own disk"), (2**40, "the repository")])
def test_whose_disk_is_full_is_told(
    free: int, whose: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The repository's, or the one restic works on: what to do is another thing."""
    monkeypatch.setenv("NUTRI_DUMPS_CACHE", str(tmp_path))
    monkeypatch.setattr(
        "agent.dumps.restic.shutil.disk_usage", lambda _: SimpleNamespace(free=free)
    )

    def fail(_bound: float) -> str:
        raise DumpError("write /tmp/x: no space left on device")

    with pytest.raises(DumpError, match=whose):
        _restic().explained(fail, 1)

"""Results are complete or not there, and made once."""

from __future__ import annotations

import multiprocessing
import time
from typing import TYPE_CHECKING

import pytest

from tools.engine import EngineError
from tools.engine.cache import default_root, locked, obtain

if TYPE_CHECKING:
    from pathlib import Path


def _make(folder: Path) -> None:
    (folder / "binary").write_text("made")


def test_made_once(tmp_path: Path) -> None:
    """A result that is there is not made again."""
    first = obtain(tmp_path, "key", _make)
    assert (first / "binary").read_text() == "made"

    def never(_: Path) -> None:
        pytest.fail("made twice")

    assert obtain(tmp_path, "key", never) == first


def test_another_key_is_another_result(tmp_path: Path) -> None:
    """A result is found by its key alone."""
    assert obtain(tmp_path, "one", _make) != obtain(tmp_path, "two", _make)


def test_a_failure_leaves_nothing(tmp_path: Path) -> None:
    """A build that fails half way leaves no result behind, and the next one starts anew."""

    def fail(folder: Path) -> None:
        _make(folder)
        raise EngineError("no")

    with pytest.raises(EngineError):
        obtain(tmp_path, "key", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["lock"]
    assert (obtain(tmp_path, "key", _make) / "binary").exists()


def test_leftovers_are_removed(tmp_path: Path) -> None:
    """What a killed build left is no result, and is cleared away by the next build."""
    leftover = tmp_path / "unfinished-1"
    leftover.mkdir()
    (leftover / "binary").write_text("half")
    obtain(tmp_path, "key", _make)
    assert not leftover.exists()


def _make_slowly(folder: Path) -> None:
    time.sleep(0.3)
    with (folder.parent / "count").open("a") as count:
        count.write("made\n")


def _obtain_slowly(root: Path) -> None:
    obtain(root, "key", _make_slowly)


def test_two_at_once(tmp_path: Path) -> None:
    """Of two processes that want the same result, one makes it and the other waits for it."""
    processes = [
        multiprocessing.get_context("fork").Process(target=_obtain_slowly, args=(tmp_path,))
        for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(10)
    assert [process.exitcode for process in processes] == [0, 0]
    assert (tmp_path / "count").read_text() == "made\n"


def test_waiting_has_a_bound(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A lock that is never given back is an error that names it."""
    with (
        locked(tmp_path),
        pytest.raises(EngineError, match=r"another build has held .*lock for"),
        locked(tmp_path, bound=0.3),
    ):
        pytest.fail("locked twice")
    assert "waiting for another build" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"NUTRI_CACHE": "/chosen", "XDG_CACHE_HOME": "/xdg"}, "/chosen/engine"),
        ({"XDG_CACHE_HOME": "/xdg"}, "/xdg/nutri/engine"),
        ({"HOME": "/home/me"}, "/home/me/.cache/nutri/engine"),
    ],
)
def test_where(monkeypatch: pytest.MonkeyPatch, variables: dict[str, str], expected: str) -> None:
    """The project's cache folder goes before the user's, which goes before the usual one."""
    for name in ("NUTRI_CACHE", "XDG_CACHE_HOME"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert str(default_root()) == expected

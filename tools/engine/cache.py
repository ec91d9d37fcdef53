"""Build results on disk: complete or not there at all, and one builder at a time."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from tools.engine.errors import EngineError
from tools.engine.progress import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LOCK_BOUND: Final = 3600.0
"""Seconds to wait for another build of the same things."""

POLL: Final = 0.2

MARK: Final = "built-from"
"""The file, beside what we built, that has its key."""


def default_root() -> Path:
    """The folder for results, outside any checkout: NUTRI_CACHE, else the user's cache folder."""
    if chosen := os.environ.get("NUTRI_CACHE"):
        return Path(chosen) / "engine"
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "nutri" / "engine"


def is_ours(program: Path) -> bool:
    """Whether we built the program, in this cache or another."""
    return (program.resolve().parent / MARK).is_file()


def obtain(root: Path, key: str, make: Callable[[Path], None]) -> Path:
    """The folder of the result with this key, made by ``make`` if it is not there.

    ``make`` fills a folder beside it, which gets its name only when it is complete: what an
    interrupted build leaves behind is never taken for a result, and is removed by the next.
    """
    result = root / key
    if not result.is_dir():
        with locked(root):
            if not result.is_dir():  # another process may have made it meanwhile
                _make(root, result, make)
    return result


def _make(root: Path, result: Path, make: Callable[[Path], None]) -> None:
    _remove_leftovers(root)
    unfinished = Path(tempfile.mkdtemp(prefix="unfinished-", dir=root))
    try:
        make(unfinished)
        unfinished.chmod(0o755)
        unfinished.rename(result)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _remove_leftovers(root: Path) -> None:
    """Clear away interrupted builds; the caller holds the lock, so none of them goes on."""
    for leftover in root.glob("unfinished-*"):
        shutil.rmtree(leftover, ignore_errors=True)


@contextmanager
def locked(root: Path, bound: float = LOCK_BOUND) -> Iterator[None]:
    """Keep other builds out of the folder; the lock ends with the process that holds it.

    Raises:
        EngineError: another process held it for ``bound`` seconds.
    """
    root.mkdir(parents=True, exist_ok=True)
    with (root / "lock").open("a") as lock:
        _acquire(lock.fileno(), root, bound)
        yield


def _acquire(descriptor: int, root: Path, bound: float) -> None:
    deadline = time.monotonic() + bound
    told = False
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise EngineError(
                    f"another build has held {root / 'lock'} for {bound:.0f} s; end it and retry"
                ) from None
            if not told:
                say(f"waiting for another build in {root} (at most {bound:.0f} s)")
                told = True
            time.sleep(POLL)
        else:
            return

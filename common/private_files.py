"""Private files of a process: a folder only we can open, and keys that lie on no disk at all.

Whoever is killed removes nothing. So a key is kept in memory, which goes with its process however
that ends; and a folder carries its process's number, so that the next one removes it.
"""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWNER_ALONE = 0o600
_OWNED = re.compile(r"nutri-[a-z]+-(?P<pid>\d+)-.*")


def folder(purpose: str) -> tempfile.TemporaryDirectory[str]:
    """Make a private folder; what processes that were killed left of such is removed first."""
    # A socket's path may have 108 bytes at most, and some TMPDIRs are longer than that.
    short = len(tempfile.gettempdir()) < 60  # noqa: PLR2004
    place = Path(tempfile.gettempdir() if short else "/tmp")  # noqa: S108
    sweep(place)
    return tempfile.TemporaryDirectory(
        prefix=f"nutri-{purpose}-{os.getpid()}-", dir=place, ignore_cleanup_errors=True
    )


def sweep(place: Path) -> None:
    """Remove our folders whose process is no more."""
    for left in _left(place):
        with contextlib.suppress(OSError):
            shutil.rmtree(left)


def _left(place: Path) -> Iterator[Path]:
    for one in place.glob("nutri-*-*"):
        found = _OWNED.fullmatch(one.name)
        with contextlib.suppress(OSError):
            if found and one.lstat().st_uid == os.getuid() and not is_alive(int(found["pid"])):
                yield one


def is_alive(pid: int) -> bool:
    """Whether there is a process of that number, ours or not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class PrivateKey:
    """A private key as a file that programs this process starts can open.

    Attributes:
        path: where they find it.
    """

    def __init__(self, text: str, place: Path) -> None:
        """`place` is where it lies on systems that have no files in memory."""
        self._memory = _memory_file(text)
        if self._memory is None:
            self.path = place / "identity"
            self.path.touch(mode=_OWNER_ALONE)
            self.path.write_text(text)
        else:
            self.path = Path(f"/proc/{os.getpid()}/fd/{self._memory}")

    def close(self) -> None:
        """Forget it."""
        if self._memory is None:
            self.path.unlink(missing_ok=True)
        elif self._memory >= 0:
            os.close(self._memory)
            self._memory = -1


def _memory_file(text: str) -> int | None:
    if not hasattr(os, "memfd_create") or not Path("/proc/self/fd").is_dir():
        return None
    made = os.memfd_create("nutri-identity")
    os.fchmod(made, _OWNER_ALONE)  # else `ssh` finds it too open
    os.write(made, text.encode())
    return made

"""One builder at a time: instances and tests share one cache."""

from __future__ import annotations

import fcntl
import time
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from localcloud.node.errors import NodeError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_POLL_SECONDS = 0.2


@contextmanager
def exclusive(lock: Path, what: str, timeout: float = 1200) -> Iterator[None]:
    """Hold `lock` while the block runs; freed by the kernel if the process dies.

    Raises:
        NodeError: someone else has held it for `timeout` seconds.
    """
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("a") as file:
        _acquire(file, lock, what, timeout)
        yield


def _acquire(file: IO[str], lock: Path, what: str, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                raise NodeError(
                    f"waited {timeout:.0f} s for another process to finish {what} (lock: {lock})"
                ) from None
            time.sleep(_POLL_SECONDS)
        else:
            return

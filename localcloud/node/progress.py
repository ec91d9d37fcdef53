"""Plain progress lines of long work."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Say = Callable[[str], None]


def say(line: str) -> None:
    """Write one line at once, on a terminal and on a pipe alike."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


@contextmanager
def timed(what: str, tell: Say = say) -> Iterator[None]:
    """Tell that `what` begins, and how many seconds it took when it went well."""
    tell(f"{what} ...")
    began = time.monotonic()
    yield
    tell(f"{what}: done in {time.monotonic() - began:.1f} s")

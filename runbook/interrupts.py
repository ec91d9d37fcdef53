"""Ends asked for by a signal: every verb cleans up, and says how things stand."""

from __future__ import annotations

import contextlib
import signal
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType
    from typing import NoReturn

CODE = 130
"""Exit code of what was interrupted, whoever asked for it."""
_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupted(KeyboardInterrupt):
    """Somebody asked for an early end; the text says how things stand."""


def end_loading() -> NoReturn:
    """End a program that was interrupted before it could begin anything."""
    sys.stderr.write("runbook: interrupted while it loads; nothing was begun\n")
    sys.exit(CODE)


def raise_on_signals() -> None:
    """Let a request to end, or a terminal that went away, unwind the program as Ctrl-C does."""
    for number in _SIGNALS[1:]:
        signal.signal(number, _raise)


def _raise(number: int, _frame: FrameType | None) -> None:
    raise Interrupted(f"ended by {signal.Signals(number).name}")


@contextlib.contextmanager
def caught(handle: Callable[[], None]) -> Iterator[None]:
    """Have each such signal call a function instead, for a while; for the main thread."""
    before = {number: signal.getsignal(number) for number in _SIGNALS}
    for number in _SIGNALS:
        signal.signal(number, lambda *_: handle())
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)

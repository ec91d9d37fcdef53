"""A call beside others, in a thread that never keeps the program from ending."""

from __future__ import annotations

import queue
import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


class Beside(Generic[T]):
    """What a function returns, or raises, once it is asked for."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._end: queue.SimpleQueue[tuple[T | None, BaseException | None]] = queue.SimpleQueue()
        threading.Thread(target=self._run, args=(function,), daemon=True).start()

    def _run(self, function: Callable[[], T]) -> None:
        try:
            self._end.put((function(), None))
        except BaseException as error:  # noqa: BLE001 - raised again where it is asked for
            self._end.put((None, error))

    def result(self) -> T:
        """Wait for it; Ctrl-C ends the wait."""
        while True:
            try:
                value, error = self._end.get(timeout=1)
            except queue.Empty:
                continue
            if error is not None:
                raise error
            return value  # type: ignore[return-value]

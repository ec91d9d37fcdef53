"""Trying again to get into a server that drops connections before anybody has logged in."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, TypeVar

from clients.ssh.errors import SshBusyError
from common.waiting import pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

T = TypeVar("T")
_PAUSES = (0.5, 1.0, 2.0, 4.0, 8.0)
_JITTER = 0.5  # of a pause, either way: who was dropped together does not come back together


def tries() -> Iterator[bool]:
    """Yield for each try, after a growing pause: whether it is the last."""
    for seconds in _PAUSES:
        yield False
        pause(seconds * random.uniform(1 - _JITTER, 1 + _JITTER))  # noqa: S311 - no secret
    yield True


def again(attempt: Callable[[], T]) -> T:
    """Do something that begins with a log-in, as often as it takes; nothing was done before it.

    Raises:
        SshBusyError: the server drops us still.
    """
    for is_last in tries():
        try:
            return attempt()
        except SshBusyError:
            if is_last:
                raise
    raise AssertionError("there is a last try")

"""When requests are due, and over which kind of connection: an open loop at a constant rate.

A closed loop, which sends the next request once the last is answered, hides an outage: it sends
little while nothing answers. Here requests come as users do, whether or not others are answered.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.monitor.sample import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_RATE = 200
"""Requests a second; more is load, and this is a look."""
MAX_SECONDS = 3600
"""The longest run."""

_EVERY_FRESH = 4  # one request in four opens a connection of its own
_HELD_INTERVAL = 1.0  # seconds between the requests of the one connection that is held


@dataclass(frozen=True)
class Turn:
    """One request: when it is due, in seconds from the start, and how it goes out."""

    due: float
    connection: Connection
    path: str


def checked_rate(rate: float) -> float:
    """Return the rate if it may be.

    Raises:
        OperatorError: it is not above zero, or above the most.
    """
    if not 0 < rate <= MAX_RATE:
        raise OperatorError(f"a rate of {rate:g} requests a second: give 1 to {MAX_RATE}")
    return rate


def turns(rate: float, paths: tuple[str, ...], seconds: float = MAX_SECONDS) -> Iterator[Turn]:
    """Yield the requests of the pool in order, the n-th due n/rate seconds after the start.

    Each path meets both kinds of connection.
    """
    number = 0
    while (due := number / rate) < seconds:
        is_fresh = number % _EVERY_FRESH == 0
        path = paths[(number + number // _EVERY_FRESH) % len(paths)]
        yield Turn(due, Connection.FRESH if is_fresh else Connection.KEPT, path)
        number += 1


def held_turns(path: str, seconds: float = MAX_SECONDS) -> Iterator[Turn]:
    """Yield the requests of the one held connection: few, so that it grows old."""
    for number in range(int(seconds / _HELD_INTERVAL)):
        yield Turn(number * _HELD_INTERVAL, Connection.HELD, path)

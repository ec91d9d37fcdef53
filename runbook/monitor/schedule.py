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
_INTERVAL = 1.0  # seconds between requests that are sent one after another, at least
_SPARSE = 20.0  # at lower rates than this long requests are rarer: they stay a few in a hundred


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


def single_turns(
    connection: Connection, path: str, rate: float, seconds: float = MAX_SECONDS
) -> Iterator[Turn]:
    """Yield requests of which one at a time is under way.

    Those of the one held connection are few, so that it grows old. A long one begins when the one
    before has ended, so that there is always one for a deploy to cut off.
    """
    interval = max(_INTERVAL, _SPARSE / rate) if connection.is_long else _INTERVAL
    for number in range(int(seconds / interval)):
        yield Turn(number * interval, connection, path)

"""When requests are due, and over which kind of connection: an open loop at a constant rate.

A closed loop, which sends the next request once the last is answered, hides an outage: it sends
little while nothing answers. Here requests come as users do, whether or not others are answered.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.monitor.sample import Connection

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

MAX_RATE = 200
"""Requests a second; more is load, and this is a look."""
MAX_SECONDS = 3600
"""The longest run."""

_EVERY_OTHER = 2  # of those four, the one that is of another kind where there is one
_EVERY_FRESH = 4  # one request in four opens a connection of its own
_INTERVAL = 1.0  # seconds between requests that are sent one after another, at least
_SPARSE = 20.0  # at lower rates than this long requests are rarer: they stay a few in a hundred


@dataclass(frozen=True)
class Turn:
    """One request: when it is due, in seconds from the start, and how it goes out."""

    due: float
    connection: Connection
    path: str
    method: str = "GET"
    expected: int | None = None
    """Its status when all is well; None: any that tells of success."""
    key: str = ""


def checked_rate(rate: float) -> float:
    """Return the rate if it may be.

    Raises:
        OperatorError: it is not above zero, or above the most.
    """
    if not 0 < rate <= MAX_RATE:
        raise OperatorError(f"a rate of {rate:g} requests a second: give 1 to {MAX_RATE}")
    return rate


def turns(
    rate: float,
    usual: Sequence[Turn],
    others: Sequence[Turn] = (),
    seconds: float = MAX_SECONDS,
) -> Iterator[Turn]:
    """Yield the requests of the pool in order, the n-th due n/rate seconds after the start.

    Each of the usual ones meets both kinds of connection; one in four is of the other kinds.

    Args:
        rate: requests a second.
        usual: what to ask for, over fresh and kept connections.
        others: what has a kind of connection of its own.
        seconds: when to end.
    """
    number = 0
    while (due := number / rate) < seconds:
        turn, place = divmod(number, _EVERY_FRESH)
        chosen = usual[(number + turn) % len(usual)]
        kind = Connection.FRESH if place == 0 else Connection.KEPT
        if others and place == _EVERY_OTHER:
            chosen = others[turn % len(others)]
            kind = chosen.connection
        yield replace(chosen, due=due, connection=kind)
        number += 1


def single_turns(one: Turn, rate: float, seconds: float = MAX_SECONDS) -> Iterator[Turn]:
    """Yield requests of which one at a time is under way.

    Those of the one held connection are few, so that it grows old. A long one begins when the one
    before has ended, so that there is always one for a deploy to cut off.
    """
    interval = max(_INTERVAL, _SPARSE / rate) if one.connection.is_long else _INTERVAL
    for number in range(int(seconds / interval)):
        yield replace(one, due=number * interval)

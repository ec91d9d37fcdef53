"""What became of one request."""

from __future__ import annotations

import enum
from dataclasses import dataclass


class Connection(enum.StrEnum):
    """How a request goes out."""

    FRESH = "fresh"
    """Over a connection of its own, closed after it."""
    KEPT = "kept"
    """Over a pool of connections that are kept alive."""
    HELD = "held"
    """Over one single connection, held from the start to the end."""
    SLOW = "slow"
    """One at a time that takes seconds to be answered, over a connection of its own."""
    STREAM = "stream"
    """One at a time whose answer comes bit by bit, over a connection of its own."""

    @property
    def is_long(self) -> bool:
        """Whether its requests take long on purpose: their times say nothing of the service."""
        return self in {Connection.SLOW, Connection.STREAM}


@dataclass(frozen=True)
class Sample:
    """One request; moments are seconds from the start of the monitor."""

    due: float
    """When it should have gone out."""
    sent: float
    """When it did; much later than `due` when the monitor's own machine is short of CPU."""
    ended: float
    connection: Connection
    path: str
    failure: str | None = None
    """Its kind in a word or two, as in 'refused', 'timeout', 'HTTP 502'; None if it is well."""
    container: str | None = None
    version: str | None = None
    reconnected: bool = False
    """A kept connection had been closed before anything of an answer; sent again, as any client."""
    draining: bool = False
    """The app itself answered that it drains, on its health path; that is no failure."""

    @property
    def latency(self) -> float:
        """Seconds from when it was due: a user waits from there, whoever is late."""
        return self.ended - self.due


@dataclass(frozen=True)
class Mark:
    """A moment that somebody named; `at` is seconds from the start."""

    at: float
    label: str

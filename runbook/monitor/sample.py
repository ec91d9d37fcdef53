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
    HTTP2 = "http2"
    """Over one connection of HTTP/2, several at a time."""
    POST = "post"
    """Over a pool of kept connections, with a key: each has to count once, never again."""
    UPLOAD = "upload"
    """One at a time whose request comes bit by bit, over a connection of its own."""
    WEBSOCKET = "websocket"
    """One that is held open; it is opened anew when the service closes it."""

    @property
    def is_long(self) -> bool:
        """Whether its requests take long on purpose: their times say nothing of the service."""
        return self in _LONG


_LONG = frozenset({Connection.SLOW, Connection.STREAM, Connection.UPLOAD, Connection.WEBSOCKET})


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
    status: int | None = None
    """Of its answer, where one came."""
    method: str = "GET"
    key: str = ""
    """Its idempotency key, where it has to count once."""
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

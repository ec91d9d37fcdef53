"""The time as the cloud sees it: that of the machine, moved by a knob."""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """Seconds since the epoch, plus an offset."""

    def __init__(self) -> None:
        self.offset = 0.0

    def seconds(self) -> float:
        """Now, in seconds since the epoch."""
        return time.time() + self.offset

    def now(self) -> datetime:
        """Now, in UTC."""
        return datetime.fromtimestamp(self.seconds(), UTC)

    def stamp(self) -> str:
        """Now, as the API writes it."""
        return self.now().isoformat(timespec="seconds")

"""The rate limit: so many requests a minute and caller."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from localcloud.coolify.errors import TooManyRequestsError

_WINDOW = 60.0


@dataclass
class Throttle:
    """Counts requests in windows of a minute that begin with a caller's first one."""

    limit: int
    _windows: dict[str, tuple[float, int]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def hit(self, caller: str) -> dict[str, str]:
        """Count one request; returns the headers to send, raises TooManyRequestsError beyond."""
        now = time.monotonic()
        with self._lock:
            began, count = self._windows.get(caller, (now, 0))
            if now - began >= _WINDOW:
                began, count = now, 0
            self._windows[caller] = (began, count + 1)
        left = max(0, self.limit - count - 1)
        headers = {"X-RateLimit-Limit": str(self.limit), "X-RateLimit-Remaining": str(left)}
        if count < self.limit:
            return headers
        error = TooManyRequestsError("Too Many Attempts.", max(1, int(began + _WINDOW - now)))
        error.headers.update(headers)
        raise error

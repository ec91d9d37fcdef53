"""The rate limit: a bucket that refills steadily."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

LIMIT = 3600
REFILL_PER_SECOND = 1.0


class Bucket:
    """Requests that are left. Enforced or not, it counts."""

    def __init__(self, clock: Callable[[], float], limit: int = LIMIT) -> None:
        self._clock = clock
        self.limit = limit
        self._left = float(limit)
        self._at = clock()

    @property
    def remaining(self) -> int:
        """Whole requests that are left now."""
        self._refill()
        return int(self._left)

    def take(self) -> bool:
        """Take one request; False when none was left."""
        self._refill()
        enough = self._left >= 1
        self._left = max(0.0, self._left - 1)
        return enough

    def headers(self) -> dict[str, str]:
        """The headers every answer carries; the reset is when the bucket is full again."""
        remaining = self.remaining
        full_at = self._at + (self.limit - self._left) / REFILL_PER_SECOND
        return {
            "RateLimit-Limit": str(self.limit),
            "RateLimit-Remaining": str(remaining),
            "RateLimit-Reset": str(math.ceil(full_at)),
        }

    def _refill(self) -> None:
        now = self._clock()
        gained = max(0.0, now - self._at) * REFILL_PER_SECOND
        self._left = min(float(self.limit), self._left + gained)
        self._at = now

"""The numbers behind a verdict, for reports that show or store them."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import Any

from common.duration import spoken

_LONG = 120.0  # seconds; what is longer is told in minutes, hours, days


class Unit(enum.StrEnum):
    """What a number counts; a share is between 0 and 1."""

    SECONDS = "seconds"
    SHARE = "share"
    COUNT = "count"
    DAYS = "days"


@dataclass(frozen=True)
class Measure:
    """One number: of what (`name`), of which one (`label`), and the limit it was judged by."""

    name: str
    label: str
    value: float
    unit: Unit
    limit: float | None = None

    @property
    def is_over(self) -> bool:
        """Whether it has reached its limit."""
        return self.limit is not None and self.value >= self.limit

    def __str__(self) -> str:
        """The value as people read it: 240 ms, 93 %."""
        if self.unit is Unit.SHARE:
            return f"{self.value:.1%}" if 0 < self.value < 0.01 else f"{self.value:.0%}"  # noqa: PLR2004
        if self.unit is Unit.SECONDS:
            if self.value >= _LONG:
                return spoken(self.value)
            return f"{self.value * 1000:.0f} ms" if self.value < 1 else f"{self.value:.1f} s"
        if self.unit is Unit.DAYS:
            return f"{self.value:.0f} days"
        return f"{self.value:g}"

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return {
            "name": self.name,
            "label": self.label,
            "value": round(self.value, 6),
            "unit": self.unit.value,
            "limit": self.limit,
        }

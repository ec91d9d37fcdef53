"""Lengths of time as people type them: 90s, 15m, 1h30m, 2d."""

from __future__ import annotations

import re

from common.errors import OperatorError

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WHOLE = re.compile(r"(\d+[smhd])+")
_PART = re.compile(r"(\d+)([smhd])")


def seconds(text: str) -> int:
    """The length in seconds.

    Raises:
        OperatorError: when the text is no length of time, or it is zero.
    """
    total = 0
    if _WHOLE.fullmatch(text.strip()):
        total = sum(int(number) * _SECONDS[unit] for number, unit in _PART.findall(text))
    if not total:
        raise OperatorError(f"{text!r} is no length of time; right would be 90s, 15m, 1h30m or 2d")
    return total


def spoken(length: float) -> str:
    """A length given in seconds as people write it: '1 h 5 min', '3 min', '12 s'."""
    whole = round(abs(length))
    if whole < _SECONDS["m"]:
        return f"{whole} s"
    minutes = whole // _SECONDS["m"]
    days, hours, rest = minutes // 1440, minutes // 60 % 24, minutes % 60
    parts = [(days, "d"), (hours, "h"), (rest, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)

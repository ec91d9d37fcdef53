"""Versions, compared by their numbers."""

from __future__ import annotations

import re


def is_older(one: str, other: str) -> bool:
    """Whether a version comes before another; `4.0.0-beta.1` before `4.0.0`."""
    return _order(one) < _order(other)


def _order(version: str) -> tuple[tuple[int, ...], bool, tuple[int, ...]]:
    numbers, _, early = version.partition("-")
    return _numbers(numbers), not early, _numbers(early)


def _numbers(text: str) -> tuple[int, ...]:
    return tuple(int(one) for one in re.findall(r"\d+", text))

"""Lengths of time as people type and read them."""

from __future__ import annotations

import pytest

from common import duration
from common.errors import OperatorError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("90s", 90), ("15m", 900), ("1h30m", 5400), ("2d", 172_800), (" 1h ", 3600)],
)
def test_a_length_is_read(text: str, seconds: int) -> None:
    """In any combination."""
    assert duration.seconds(text) == seconds


@pytest.mark.parametrize("text", ["", "15", "h", "1.5h", "-1h", "1h x", "0m", "1w"])
def test_what_is_no_length_is_told_with_what_would_be(text: str) -> None:
    """The message has examples."""
    with pytest.raises(OperatorError, match="1h30m"):
        duration.seconds(text)


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3900, "1 h 5 min"),
        (90_000, "1 d 1 h"),
        (-70, "1 min"),
    ],
)
def test_a_length_is_written(seconds: float, text: str) -> None:
    """Without what is zero, and without a sign."""
    assert duration.spoken(seconds) == text

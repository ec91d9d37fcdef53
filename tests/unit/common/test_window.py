"""The weekly maintenance window: what is in it, when the next one is, what is no window."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from common.window import DAYS, SUNDAY_NIGHT, Window

_SUNDAY = datetime(2026, 11, 29, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)

_clocks = st.times().map(lambda time: time.strftime("%H:%M"))
_windows = (
    st.tuples(st.sampled_from(DAYS), _clocks, _clocks)
    .filter(lambda parts: parts[1] != parts[2])
    .map(lambda parts: Window(day=parts[0], start=parts[1], end=parts[2]))
)
_moments = st.integers(1_600_000_000, 2_200_000_000).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)


@pytest.mark.parametrize(
    ("at", "within"),
    [
        ("01:59", False),
        ("02:00", True),
        ("03:59", True),
        ("04:00", False),
    ],
)
def test_the_default_is_sunday_from_two_to_four(at: str, within: bool) -> None:
    """Its start is within, its end is not."""
    moment = datetime.fromisoformat(f"2026-11-29T{at}+00:00")
    assert SUNDAY_NIGHT.contains(moment) is within
    assert not SUNDAY_NIGHT.contains(moment + timedelta(days=1))


def test_a_window_over_midnight_ends_on_the_next_day() -> None:
    """Saturday 23:00 to 01:00 holds the first hour of Sunday."""
    window = Window(day="saturday", start="23:00", end="01:00")
    assert window.length == timedelta(hours=2)
    assert window.contains(_SUNDAY)
    assert window.contains(_SUNDAY - timedelta(hours=1))
    assert not window.contains(_SUNDAY + timedelta(hours=1))


def test_a_window_over_the_end_of_the_week() -> None:
    """Sunday 23:00 to 01:00 holds the first hour of Monday."""
    window = Window(day="sunday", start="23:00", end="01:00")
    assert window.contains(_SUNDAY + timedelta(days=1, minutes=59))


def test_the_next_window() -> None:
    """Its own start is the next one, any moment later waits for a week."""
    start = _SUNDAY + timedelta(hours=2)
    assert SUNDAY_NIGHT.next(start) == start
    assert SUNDAY_NIGHT.next(start - 3 * _MINUTE) == start
    assert SUNDAY_NIGHT.next(start + _MINUTE) == start + timedelta(days=7)


def test_other_time_zones_are_read_as_utc() -> None:
    """Three in Berlin's winter is two in UTC."""
    berlin = timezone(timedelta(hours=1))
    assert SUNDAY_NIGHT.contains(datetime(2026, 11, 29, 3, 0, tzinfo=berlin))
    assert not SUNDAY_NIGHT.contains(datetime(2026, 11, 29, 2, 59, tzinfo=berlin))


def test_a_moment_without_a_time_zone_is_a_mistake() -> None:
    """It could be any of them."""
    with pytest.raises(ValueError, match="no time zone"):
        SUNDAY_NIGHT.contains(datetime(2026, 11, 29, 3, 0))  # noqa: DTZ001 - the mistake


def test_covers_takes_spans_within_one_window() -> None:
    """Up to the very end, not over it, and not backwards."""
    start, end = _SUNDAY + timedelta(hours=2), _SUNDAY + timedelta(hours=4)
    assert SUNDAY_NIGHT.covers(start, end)
    assert not SUNDAY_NIGHT.covers(start, end + _MINUTE)
    assert not SUNDAY_NIGHT.covers(start - _MINUTE, end)
    assert not SUNDAY_NIGHT.covers(end, start)
    assert not SUNDAY_NIGHT.covers(start, start + timedelta(days=7))


@given(_windows, _moments)
def test_the_next_start_is_within_and_less_than_a_week_away(
    window: Window, moment: datetime
) -> None:
    """Whatever the window and the moment."""
    following = window.next(moment)
    assert window.contains(following)
    assert not window.contains(following + window.length)
    assert timedelta() <= following - moment < timedelta(days=7)
    assert following.strftime("%A %H:%M").lower() == f"{window.day} {window.start}"


def test_it_says_itself_as_people_do() -> None:
    """For refusals and notices."""
    assert str(SUNDAY_NIGHT) == "Sunday 02:00-04:00 UTC"


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"day": "sun"}, "right is one of monday"),
        ({"day": "Sunday"}, "right is one of monday"),
        ({"start": "2:00"}, 'such as "02:00"'),
        ({"end": "24:00"}, 'such as "02:00"'),
        ({"start": 120}, "in quotes"),
        ({"start": "04:00"}, "an end after the start"),
        ({"zone": "CET"}, "Extra inputs"),
    ],
)
def test_what_is_no_window(values: dict[str, object], words: str) -> None:
    """Each mistake is told with what would be right."""
    with pytest.raises(ValidationError, match=words):
        Window.model_validate(SUNDAY_NIGHT.model_dump() | values)


def test_a_window_is_read_from_the_stacks_config() -> None:
    """As a part of the settings, where a validator's answer takes its place."""
    said = {"day": "sunday", "start": "02:00", "end": "04:00"}
    assert TypeAdapter(Window).validate_python(said) == SUNDAY_NIGHT

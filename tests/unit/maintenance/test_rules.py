"""When maintenance may be announced and begun, with a clock that stands."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from common.errors import OperatorError
from common.maintenance import MESSAGE, OFF, Maintenance, Mode
from common.window import SUNDAY_NIGHT
from runbook import maintenance
from tests.unit.maintenance.conftest import BACKEND, END, START

if TYPE_CHECKING:
    from datetime import datetime

_HOUR = timedelta(hours=1)
_EARLY = START - 72 * _HOUR


def _against(one: Maintenance, now: datetime, configured: Maintenance = OFF) -> str:
    found = maintenance.objections_to_announcing(one, configured, SUNDAY_NIGHT, now)
    return "; ".join(found)


def _against_now(configured: Maintenance, now: datetime, length: timedelta | None = None) -> str:
    one = maintenance.begun(configured, now, length=length)
    return "; ".join(maintenance.objections_to_beginning(one, configured, SUNDAY_NIGHT, now))


@pytest.mark.parametrize(
    ("hours", "week"), [(72, 0), (48, 0), (47, 1)], ids=["days", "just", "too late"]
)
def test_the_default_is_the_first_window_that_can_be_announced(hours: int, week: int) -> None:
    """From 48 hours ahead on, and nothing speaks against it."""
    now = START - hours * _HOUR
    one = maintenance.announced(SUNDAY_NIGHT, now)
    assert (one.start, one.end) == (START + week * timedelta(7), END + week * timedelta(7))
    assert (one.mode, one.message, _against(one, now)) == (Mode.ANNOUNCED, MESSAGE, "")


def test_a_start_within_the_window_ends_with_it() -> None:
    """Unless a length is given."""
    one = maintenance.announced(SUNDAY_NIGHT, _EARLY, start=START + _HOUR)
    assert one.end == END
    shorter = maintenance.announced(SUNDAY_NIGHT, _EARLY, start=START, length=_HOUR)
    assert shorter.end == START + _HOUR


def test_too_late() -> None:
    """Less than 48 hours ahead: said, with the window that would do."""
    now = START - 47 * _HOUR
    one = maintenance.announced(SUNDAY_NIGHT, now, start=START)
    said = _against(one, now)
    assert said.startswith("too late: Sunday 6 December 2026 02:00 UTC is 1 d 23 h ahead")
    assert "begins Sunday 13 December 2026 02:00 UTC" in said


def test_outside_of_the_window() -> None:
    """Another day, and one that ends too late."""
    for start, length in ((START + timedelta(1), _HOUR), (START, 3 * _HOUR)):
        one = maintenance.announced(SUNDAY_NIGHT, _EARLY, start=start, length=length)
        assert "the window is Sunday 02:00-04:00 UTC" in _against(one, _EARLY)


def test_what_is_over_cannot_be_announced() -> None:
    """Not even by force."""
    with pytest.raises(OperatorError, match="has passed"):
        maintenance.announced(SUNDAY_NIGHT, END + _HOUR, start=START)


def test_the_same_again_is_no_new_announcement(announced: Maintenance) -> None:
    """An update that failed can be finished, also when it is late by then."""
    assert _against(announced, START - _HOUR, announced) == ""


def test_begun_in_its_time(announced: Maintenance) -> None:
    """With the times and words that were announced."""
    one = maintenance.begun(announced, START + 0.5 * _HOUR)
    assert (one.mode, one.start, one.end) == (Mode.ON, START, END)
    assert one.message == announced.message
    assert _against_now(announced, START + 0.5 * _HOUR) == ""


@pytest.mark.parametrize(
    ("hours", "words"),
    [(-1, "too early: it is announced for Sunday"), (2, "its time has passed")],
)
def test_not_begun_at_another_time(hours: int, words: str, announced: Maintenance) -> None:
    """Neither before nor after what was announced."""
    said = _against_now(announced, START + hours * _HOUR)
    assert words in said
    assert "outside of the maintenance window" in said


def test_not_begun_for_longer_than_the_window(announced: Maintenance) -> None:
    """A length that leads beyond its end."""
    assert "outside of" in _against_now(announced, START + _HOUR, 2 * _HOUR)


def test_not_begun_unannounced() -> None:
    """Within the window too."""
    assert _against_now(OFF, START) == "it was not announced: `runbook maintenance announce`"


def test_begun_by_force_it_begins_now() -> None:
    """For an hour unless said otherwise; of the services named."""
    now = _EARLY
    one = maintenance.begun(OFF, now, services=(BACKEND,))
    assert (one.start, one.end, one.services) == (now, now + _HOUR, (BACKEND,))


def test_what_is_under_way_may_be_begun_again(announced: Maintenance) -> None:
    """An update that failed can be finished; it keeps its times."""
    on = announced.model_copy(update={"mode": Mode.ON})
    assert _against_now(on, END - timedelta(minutes=1)) == ""
    assert maintenance.begun(on, START + _HOUR) == on


def test_objections_need_force() -> None:
    """They are refused together, and given back where somebody forces it."""
    with pytest.raises(OperatorError, match=r"refused, a; b\. --force does it all the same"):
        maintenance.require(["a", "b"], force=False)
    assert maintenance.require(["a"], force=True) == ["a"]
    assert maintenance.require([], force=False) == []

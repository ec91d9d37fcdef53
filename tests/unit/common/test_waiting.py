"""The one helper for waits."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from common.waiting import (
    Attempt,
    NotYetError,
    WaitTimeoutError,
    pause,
    wait_until,
    without_pauses,
)

if TYPE_CHECKING:
    from collections.abc import Callable


def _after(looks: int, value: str = "ready") -> Callable[[], str | None]:
    seen = iter(range(looks))
    return lambda: None if next(seen, None) is not None else value


def test_what_the_probe_finds_is_returned() -> None:
    """The first true value ends the wait."""
    assert wait_until("it", _after(3), bound=5, interval=0.001) == "ready"


def test_a_wait_ends_at_its_bound_with_reason_and_last_error() -> None:
    """The error has the reason, the time it took and what was wrong at last."""

    def probe() -> bool:
        raise NotYetError("HTTP 503")

    started = time.monotonic()
    with pytest.raises(WaitTimeoutError, match=r"the API after 0 s; at last: HTTP 503") as caught:
        wait_until("the API", probe, bound=0.2, interval=0.01, max_interval=60)
    assert 0.2 <= time.monotonic() - started < 1
    assert isinstance(caught.value.last_error, NotYetError)
    assert isinstance(caught.value.__cause__, NotYetError)


def test_the_last_look_is_at_the_bound() -> None:
    """A thing that becomes ready just before the bound is found, though pauses are long."""
    ready_at = time.monotonic() + 0.25
    found = wait_until("it", lambda: time.monotonic() > ready_at, bound=0.3, interval=0.2)
    assert found is True


def test_an_error_that_is_not_to_be_retried_goes_through() -> None:
    """A mistake in the probe is no reason to wait."""
    with pytest.raises(ZeroDivisionError):
        wait_until("it", lambda: 1 / 0, bound=5)


def test_a_falsy_value_after_an_error_forgets_the_error() -> None:
    """The last error is that of the last look, not of an earlier one."""
    looks = iter([True, False])

    def probe() -> bool:
        if next(looks, False):
            raise NotYetError("early")
        return False

    with pytest.raises(WaitTimeoutError, match="not ready"):
        wait_until("it", probe, bound=0.05, interval=0.01)


def test_progress_is_told_before_each_pause() -> None:
    """The callback hears reason, number, last error."""
    seen: list[Attempt] = []
    wait_until("it", _after(2), bound=5, interval=0.001, progress=seen.append)
    assert [(a.reason, a.number, a.last_error) for a in seen] == [
        ("it", 1, "not ready"),
        ("it", 2, "not ready"),
    ]
    assert str(seen[0]) == "waiting for it (0/5 s): not ready"


def test_pauses_can_be_turned_off() -> None:
    """Within the switch a wait of an hour ends at once, after the given number of looks."""
    looks: list[int] = []
    started = time.monotonic()
    with without_pauses(4), pytest.raises(WaitTimeoutError):
        wait_until("it", lambda: looks.append(1), bound=3600, interval=60)
    assert len(looks) == 4
    assert time.monotonic() - started < 1


def test_the_switch_ends_with_its_block() -> None:
    """After the block, and for waits that say so within it, pauses are back."""
    with without_pauses(1):
        assert wait_until("it", _after(3), bound=5, interval=0.001, always_wait=True)
    assert wait_until("it", _after(3), bound=5, interval=0.001)


def test_a_pause_is_none_within_without_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Outside of it time passes, as long as was asked for."""
    slept: list[float] = []
    monkeypatch.setattr(time, "sleep", slept.append)
    pause(3)
    with without_pauses():
        pause(4)
    assert slept == [3]


class _Told:
    """Hears of a wait, and wants to hear of a look that takes long too."""

    every = 0.02

    def __init__(self) -> None:
        self.seen: list[Attempt] = []

    def __call__(self, attempt: Attempt) -> None:
        self.seen.append(attempt)


def test_a_look_that_takes_long_is_told_while_it_lasts() -> None:
    """Numbered from one, with the reason and the bound; and no more once it is over."""
    told = _Told()

    def probe() -> bool:
        until = time.monotonic() + 10
        while len(told.seen) < 3 and time.monotonic() < until:
            time.sleep(0.005)
        return True

    assert wait_until("the image", probe, bound=60, progress=told)
    assert [one.number for one in told.seen[:3]] == [1, 2, 3]
    assert str(told.seen[0]) == "waiting for the image (0/60 s): it is looked at"
    time.sleep(0.06)
    heard = len(told.seen)
    time.sleep(0.06)
    assert len(told.seen) == heard

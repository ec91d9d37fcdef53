"""Nobody who waits is left without a word."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from checks.report import Result
from checks.verdict import green, red
from common.waiting import Attempt, wait_until
from runbook import output

if TYPE_CHECKING:
    import pytest


def _attempt(reason: str, error: str = "not yet") -> Attempt:
    return Attempt(reason, 1, 3.0, 60.0, 1.0, error)


def test_a_long_look_is_told_while_it_takes() -> None:
    """By a progress that says how often."""

    class Told:
        every = 0.02

        def __init__(self) -> None:
            self.reasons: list[str] = []

        def __call__(self, attempt: Attempt) -> None:
            self.reasons.append(attempt.reason)

    def look() -> bool:
        time.sleep(0.2)
        return True

    told = Told()
    assert wait_until("SSH", look, bound=5, progress=told)
    assert len(told.reasons) > 1
    count = len(told.reasons)
    time.sleep(0.1)
    assert len(told.reasons) == count


def test_a_wait_is_told_at_its_beginning_and_then_now_and_then(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One line a reason as long as it is not old; no line is wider than a terminal."""
    waiting = output._Waiting()
    for reason in ("SSH", "SSH", "Docker"):
        waiting(_attempt(reason, "no answer: " + "the server is off or hangs, " * 5))
    lines = capsys.readouterr().err.splitlines()
    assert [one.split()[2] for one in lines if "waiting for" in one] == ["SSH", "Docker"]
    assert max(map(len, lines)) < 90


def test_a_red_result_is_told_as_it_comes(capsys: pytest.CaptureFixture[str]) -> None:
    """By name; the others by their number alone."""
    told = output.Busy("2 checks", None, time.monotonic())
    told.hear(Result("dns", "B5", "t", "api", green("well")), 1, 2)
    told.hear(Result("health", "D1", "t", "api", red("it is down", "mend it")), 2, 2)
    assert capsys.readouterr().err == "  red: D1 health api\n"
    assert told.detail == "2 of 2"

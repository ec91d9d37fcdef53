"""When requests are due."""

from __future__ import annotations

from collections import Counter
from itertools import islice

import pytest

from common.errors import OperatorError
from runbook.monitor import MAX_RATE, Connection
from runbook.monitor.schedule import Turn, checked_rate, single_turns, turns

PATHS = ("/a", "/b", "/c", "/d")


def test_the_rate_is_constant() -> None:
    """The n-th request is due n/rate seconds after the start, without drift."""
    found = list(turns(50, [Turn(0, Connection.FRESH, path) for path in PATHS], seconds=60))
    assert len(found) == 3000
    assert [one.due for one in found[:3]] == [0.0, 0.02, 0.04]
    assert found[-1].due == 2999 / 50


@pytest.mark.parametrize("paths", [PATHS, PATHS[:3], PATHS[:2], PATHS[:1]])
def test_every_path_meets_both_kinds_of_connection(paths: tuple[str, ...]) -> None:
    """A quarter of the requests is fresh, and no path is asked over one kind alone."""
    found = list(islice(turns(50, [Turn(0, Connection.FRESH, path) for path in paths]), 400))
    kinds = Counter(one.connection for one in found)
    assert kinds == {Connection.FRESH: 100, Connection.KEPT: 300}
    assert {(one.path, one.connection) for one in found} == {
        (path, kind) for path in paths for kind in (Connection.FRESH, Connection.KEPT)
    }


def test_the_held_connection_is_asked_once_a_second() -> None:
    """It is about its age, not about its load."""
    found = list(single_turns(Turn(0, Connection.HELD, "/"), 50, 4))
    assert [one.due for one in found] == [0, 1, 2, 3]
    assert {one.connection for one in found} == {Connection.HELD}


def test_long_requests_stay_a_few_in_a_hundred() -> None:
    """At a low rate they are rarer: the check of slow requests shall not see the monitor."""
    assert len(list(single_turns(Turn(0, Connection.SLOW, "/slow"), 50, 40))) == 40
    assert len(list(single_turns(Turn(0, Connection.STREAM, "/stream"), 5, 40))) == 10


@pytest.mark.parametrize("rate", [0, -1, MAX_RATE + 1, float("nan")])
def test_a_rate_out_of_bounds_is_a_mistake(rate: float) -> None:
    """The message says what may be."""
    with pytest.raises(OperatorError, match="give 1 to 200"):
        checked_rate(rate)

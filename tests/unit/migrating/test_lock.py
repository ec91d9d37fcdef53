"""A migration of somebody else: waited for, then told."""

from __future__ import annotations

import pytest

from common.errors import OperatorError
from common.waiting import Attempt, without_pauses
from runbook.migrate.lock import Holder, wait_for_it

_HOLDER = Holder(41, "postgres", "prisma", "10.0.0.3", 125.0)


def test_it_is_waited_for() -> None:
    """And who it is is told meanwhile."""
    found: list[Holder | None] = [_HOLDER, _HOLDER, None]
    seen: list[Attempt] = []
    with without_pauses():
        wait_for_it(lambda: found.pop(0), progress=seen.append)
    assert found == []
    assert "process 41 (prisma as postgres from 10.0.0.3, since 2 min" in seen[0].last_error


def test_one_that_does_not_end_is_told() -> None:
    """With what ends it where nobody is there any more."""
    with without_pauses(), pytest.raises(OperatorError) as caught:
        wait_for_it(lambda: _HOLDER, bound=3600)
    text = str(caught.value)
    assert "process 41" in text
    assert "pg_terminate_backend(41)" in text


def test_a_holder_without_a_name() -> None:
    """Some clients give none, and local ones have no address."""
    assert str(Holder(1, "postgres", "", "", 3.0)).startswith("process 1 (postgres, since ")

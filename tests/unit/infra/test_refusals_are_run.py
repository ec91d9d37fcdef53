"""Every command that the program can refuse with was run as printed, by a test that is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.commands import Printed, printed
from tests.e2e.guard.refusals import NOT_RUN, RUN
from tests.e2e.mutants.elsewhere import WHERE_ALL_IS_WELL

ROOT = Path(__file__).parents[3]
_ALL = printed("infra", "config", "common", "clients/drain", "clients/ssh", "agent/dumps")
_MOST_NOT_RUN = 8


@pytest.mark.parametrize("one", [pytest.param(one, id=str(one)) for one in _ALL])
def test_every_command_is_in_the_table(one: Printed) -> None:
    """A new text with a command needs a test that types it."""
    assert str(one) in RUN or str(one) in NOT_RUN, one


def test_nothing_is_listed_that_is_printed_no_more() -> None:
    """Nor twice; and what was never run gets less, not more."""
    assert {*RUN, *NOT_RUN} == {str(one) for one in _ALL}
    assert not RUN.keys() & NOT_RUN.keys()
    assert len(NOT_RUN) <= _MOST_NOT_RUN


@pytest.mark.parametrize("test", sorted(set(RUN.values())))
def test_the_test_that_runs_it_is_there(test: str) -> None:
    """By its file and its name."""
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_what_only_looks_is_run_where_all_is_well() -> None:
    """It needs no broken world."""
    looks = [one.partition(": ")[2] for one, test in RUN.items() if "does_no_harm" in test]
    assert set(looks) <= set(WHERE_ALL_IS_WELL)

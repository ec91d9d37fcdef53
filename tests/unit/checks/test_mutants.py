"""The broken worlds of the end-to-end tests: every check has one, told in full.

How to add one is told at the top of tests/e2e/mutants/mutant.py.
"""

from __future__ import annotations

import re

import pytest

from checks import CHECKS
from tests.e2e.mutants import remedies
from tests.e2e.mutants.mutant import Mutant, mutants

MOST_NOT_RUN = 34


def test_every_check_has_a_mutant() -> None:
    """A check nobody has seen red on a real platform may never turn red."""
    assert {one.check for one in mutants()} == {check.id for check in CHECKS}


@pytest.mark.parametrize("one", [pytest.param(one, id=one.name) for one in mutants()])
def test_a_mutant_is_told_in_full(one: Mutant) -> None:
    """What it is, what the message must hold, and a reason for each other check that may be red."""
    assert one.what.endswith(".")
    assert "\n" not in one.what
    assert re.compile(one.says).pattern
    assert re.compile(one.remedy).pattern
    assert set(one.also) <= {check.id for check in CHECKS} - {one.check}
    assert all(one.also.values())


def test_every_remedy_is_run_or_says_who_acts() -> None:
    """A new world says which command of its remedy heals it, or why a person has to act."""
    worlds = {one.name for one in mutants()}
    parts = (set(remedies.HEALED), set(remedies.BY_HAND), set(remedies.NOT_RUN_YET))
    assert set().union(*parts) == worlds
    assert sum(map(len, parts)) == len(worlds)


def test_remedies_that_nobody_has_run_get_fewer() -> None:
    """The number is lowered with each that is run, and never raised."""
    assert len(remedies.NOT_RUN_YET) <= MOST_NOT_RUN

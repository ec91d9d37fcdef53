"""The broken worlds of the end-to-end tests: every check has one, told in full.

How to add one is told at the top of tests/e2e/mutants/mutant.py.
"""

from __future__ import annotations

import re

import pytest

from checks import CHECKS
from tests.e2e.mutants.mutant import Mutant, mutants


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

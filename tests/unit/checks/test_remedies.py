"""Every remedy that a check can print is run by a broken world, or by a test that is named.

How they are told apart is at the top of tests/e2e/mutants/remedies.py.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.commands import Printed, printed
from tests.e2e.mutants.elsewhere import ELSEWHERE, WHERE_ALL_IS_WELL
from tests.e2e.mutants.mutant import mutants
from tests.e2e.mutants.remedies import REMEDIES, Remedy, commands, looks

ROOT = Path(__file__).parents[3]
_ALL = [pytest.param(name, one, id=name) for name, one in REMEDIES.items()]


def test_every_world_tells_what_its_remedy_holds() -> None:
    """A new world is in the table, and none that is gone."""
    assert set(REMEDIES) == {one.name for one in mutants()}


@pytest.mark.parametrize(("name", "remedy"), _ALL)
def test_a_remedy_heals_or_a_person_has_to_act(name: str, remedy: Remedy) -> None:
    """One of both, and never none: there is no third."""
    assert bool(remedy.heals) != bool(remedy.person), name
    assert not (remedy.first and remedy.person), name


def test_what_is_for_another_cause_is_run_there() -> None:
    """It heals in another world, or a test of its own runs it."""
    healing = {one for remedy in REMEDIES.values() for one in remedy.heals}
    others = {one for remedy in REMEDIES.values() for one in remedy.others}
    assert [one for one in others - healing if not _has_a_test(one)] == []


@pytest.mark.parametrize("one", [pytest.param(one, id=str(one)) for one in printed("checks")])
def test_every_command_that_a_check_can_print_is_run(one: Printed) -> None:
    """A command that no world's remedy holds, and no test runs, may be wrong for years."""
    run = [
        command
        for remedy in REMEDIES.values()
        for command in (*remedy.heals, *remedy.looks, *remedy.others)
    ]
    run += WHERE_ALL_IS_WELL
    assert any(map(one.matches, run)) or _has_a_test(one.text), one


def _has_a_test(command: str) -> bool:
    if command in WHERE_ALL_IS_WELL:
        return True
    return any(re.fullmatch(pattern, command) for pattern in ELSEWHERE)


@pytest.mark.parametrize(("pattern", "test"), ELSEWHERE.items())
def test_a_test_that_runs_it_elsewhere_is_there(pattern: str, test: str) -> None:
    """By its file and its name."""
    assert pattern
    file, _, name = test.partition("::")
    assert f"def {name}(" in (ROOT / file).read_text()


def test_looks_are_told_from_what_heals() -> None:
    """By the word before them."""
    text = "see `runbook a` and `runbook b`: `pulumi up`; if it stays, see `runbook c`, `x`"
    assert commands(text) == ["runbook a", "runbook b", "pulumi up", "runbook c"]
    assert looks(text) == ["runbook a", "runbook b", "runbook c"]

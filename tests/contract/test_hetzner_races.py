"""Five changes at once: each that says success is there afterwards, the others are refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.contract.races import CALLS, RACES, REFUSALS, Race, run

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


@pytest.mark.parametrize("timing", ["instant", "realistic"])
@pytest.mark.parametrize("race", RACES, ids=lambda race: race.name)
def test_no_success_is_lost(hetzner: HetznerDouble, race: Race, timing: str) -> None:
    """Every success shows in the thing; the others are told to wait."""
    outcome = run(race, hetzner, timing)
    assert outcome.succeeded, outcome
    marks = [race.mark(number) for number in outcome.succeeded]
    if race.single:
        assert [mark for mark in marks if mark in outcome.left], outcome
        assert len([mark for mark in outcome.left if mark in marks]) == 1, outcome
    else:
        assert [mark for mark in marks if mark not in outcome.left] == [], outcome
    assert set(outcome.refused) <= REFUSALS | race.refusals
    assert len(outcome.succeeded) + len(outcome.refused) == CALLS


def test_realistic_actions_on_one_thing_are_conflicts(hetzner: HetznerDouble) -> None:
    """While an action runs, a second one on the same thing is refused."""
    race = next(one for one in RACES if one.name == "networks add_subnet")
    outcome = run(race, hetzner, "realistic")
    assert len(outcome.succeeded) == 1
    assert set(outcome.refused) == {(409, "conflict")}


def test_what_changes_is_free_again_afterwards(hetzner: HetznerDouble) -> None:
    """A thing is held for as long as its action runs, and no longer."""
    race = next(one for one in RACES if one.name == "networks add_subnet")
    path = race.start(hetzner)
    hetzner.turn("PATCH", "/knobs", {"timing": "realistic", "action_seconds": 0.1})
    first, second = race.call(path, 0), race.call(path, 1)
    assert hetzner.post(*first).is_success
    assert hetzner.error(hetzner.post(*second)) == (409, "conflict")
    hetzner.settle()
    assert hetzner.post(*second).is_success

"""Each check turns red in a world that is broken for it, and the others stay as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

import checks
from tests.e2e.mutants.elsewhere import WHERE_ALL_IS_WELL
from tests.e2e.mutants.mutant import Mutant, mutants
from tests.e2e.mutants.proof import prove
from tests.e2e.mutants.running import typed
from tests.e2e.mutants.whole import ON_REQUEST

if TYPE_CHECKING:
    from tests.e2e.mutants.whole import Whole

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]
_WORLDS = [pytest.param(one, id=one.name) for one in mutants() if not one.fleet]


@pytest.mark.parametrize("one", _WORLDS)
def test_the_right_check_is_red_and_no_other(one: Mutant, whole: Whole) -> None:
    """It says what is wrong and what to do; mended, all is green again."""
    prove(one, whole)


def test_a_change_of_something_else_is_done_while_redis_is_down(whole: Whole) -> None:
    """The update tells what it found, and is no failure: it touched nothing of that."""
    whole.scene.cloud.knob("PATCH", "/redis/", {"trouble": "down"})
    try:
        whole.stack.config["nutri:liveLatencyMs"] = 1501
        whole.stack.up()
    finally:
        whole.scene.cloud.knob("PATCH", "/redis/", {"trouble": "none"})
    told = whole.stack.last.partition("this change is done; it has nothing to do with")[2]
    assert "redis redis" in told, whole.stack.last
    again = checks.verify(whole.scene.target, ["redis", "health"], settle=120)
    assert again.exit_code == 0, again.table()


@pytest.mark.parametrize("command", WHERE_ALL_IS_WELL)
def test_a_command_for_another_cause_does_no_harm(command: str, whole: Whole) -> None:
    """It is what a remedy prints in a world that is not here: it runs, as printed."""
    code, said = typed(command, whole.stack)
    assert code == 0, said


def test_all_is_green_in_the_end(whole: Whole) -> None:
    """Nothing of any world stayed."""
    report = whole.look(whole.scene.target, *ON_REQUEST)
    assert report.exit_code == 0, report.table()

"""Each check turns red in a world that is broken for it, and the others stay as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.mutants.mutant import Mutant, mutants
from tests.e2e.mutants.proof import prove
from tests.e2e.mutants.whole import ON_REQUEST

if TYPE_CHECKING:
    from tests.e2e.mutants.whole import Whole

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]
_WORLDS = [pytest.param(one, id=one.name) for one in mutants() if not one.fleet]


@pytest.mark.parametrize("one", _WORLDS)
def test_the_right_check_is_red_and_no_other(one: Mutant, whole: Whole) -> None:
    """It says what is wrong and what to do; mended, all is green again."""
    prove(one, whole)


def test_all_is_green_in_the_end(whole: Whole) -> None:
    """Nothing of any world stayed."""
    report = whole.look(whole.scene.target, *ON_REQUEST)
    assert report.exit_code == 0, report.table()

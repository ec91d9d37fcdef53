"""The matrix: moments x cuts, each on the platform that the one before has left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import own_stack
from tests.e2e.cuts import sample
from tests.e2e.cuts.healed import Outcome, combine
from tests.e2e.cuts.moments import FIRST, MOMENTS
from tests.e2e.cuts.scene import Scene
from tests.e2e.cuts.table import CUTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.cuts.moments import Moment
    from tests.e2e.cuts.table import Cut

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(3600),
]


@pytest.fixture(scope="module")
def scene(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A platform with dumps."""
    with own_stack(cloud_environment, tmp_path_factory, "cuts") as stack:
        stack.config["nutri:dumps"] = True
        stack.set_secret("nutri:resticPassword", "restic-password-of-the-double")
        stack.up()
        yield Scene(stack, tmp_path_factory.mktemp("cuts-logs"))


@pytest.fixture
def whole(scene: Scene) -> Scene:
    """The platform, whatever a red combination before has left of it."""
    scene.stack.cloud.knob("DELETE", "/faults")
    scene.run("pulumi", "cancel", "--yes")
    return scene


@pytest.mark.parametrize(
    ("moment", "cut"),
    [pytest.param(*one, id=sample.name(*one)) for one in sample.pairs(MOMENTS, CUTS)],
)
def test_the_same_command_again_heals(whole: Scene, moment: Moment, cut: Cut) -> None:
    """Whatever was cut at whatever moment."""
    assert isinstance(combine(whole, moment, cut), Outcome)


@pytest.mark.parametrize(
    ("moment", "cut"),
    [pytest.param(*one, id=sample.seeded(*one)) for one in sample.one_each(FIRST, CUTS)],
)
def test_a_first_up_is_finished_by_the_same_command(whole: Scene, moment: Moment, cut: Cut) -> None:
    """Cut at each of its resources; by what, the seed says."""
    assert isinstance(combine(whole, moment, cut), Outcome)

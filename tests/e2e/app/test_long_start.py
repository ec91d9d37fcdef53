"""Models that take minutes to load: the platform waits, and says what for."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import own_stack, running_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(1800),
]

_SECONDS = 150


@pytest.fixture(scope="module")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """An empty stack whose ML service is slow to start."""
    with own_stack(cloud_environment, tmp_path_factory, "long-start") as made:
        made.change(
            "nutri-ml-service",
            variables={"DOUBLE_START_SECONDS": str(_SECONDS)},
            health={"startPeriod": 300},
        )
        yield made


def test_an_up_waits_for_the_models(stack: Stack) -> None:
    """Nothing gives up on a service that may take five minutes; the backend comes after it."""
    began = time.monotonic()
    stack.up()
    assert time.monotonic() - began > _SECONDS
    target = stack.described()
    for service in ("nutri-ml-service", "nutri-backend"):
        assert running_tags(target, service) == {"good-1"}
    health = stack.runbook("check", "health", "containers")
    assert health.returncode == 0, health.stdout + health.stderr

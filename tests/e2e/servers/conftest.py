"""A local cloud of its own, and a stack that grows to two servers and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack


@pytest.fixture(scope="module")
def fleet(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack of one server, with replicas enough for two."""
    with own_stack(cloud_environment, tmp_path_factory, "servers") as made:
        made.config |= {"nutri:dnsTtl": 60}
        made.change("nutri-ml-service", replicas=2)
        made.up()
        yield made


@pytest.fixture
def target(fleet: Stack) -> Target:
    """The stack's outputs."""
    return fleet.described()

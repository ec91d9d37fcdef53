"""A local cloud of its own, and a stack that grows to two servers and back."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.target import Target
from tests.e2e.conftest import Cloud, Stack, empty_stack, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def servers_cloud(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """The local cloud of these tests."""
    home = tmp_path_factory.mktemp("cloud")
    with local_cloud(cloud_environment, home, "e2e-servers", 8571, 209) as made:
        yield made


@pytest.fixture(scope="module")
def fleet(servers_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Stack:
    """A stack of one server, with replicas enough for two."""
    made = empty_stack(servers_cloud, tmp_path_factory.mktemp("stack"))
    made.config |= {"nutri:mlReplicas": 2, "nutri:dnsTtl": 60}
    made.up()
    return made


@pytest.fixture
def target(fleet: Stack) -> Target:
    """The stack's outputs."""
    return Target.model_validate(fleet.target())

"""One platform for all mutants, and what the checks say of it while nothing is broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import checks
from common.ssh import SshClient
from common.target import Target
from tests.e2e.conftest import empty_stack, local_cloud
from tests.e2e.mutants.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, PORT, BLOCK = "mutants", 8588, 212


@dataclass(frozen=True)
class Whole:
    """The platform, and the report on it as long as it is whole."""

    scene: Scene
    report: checks.Report


@pytest.fixture(scope="session")
def whole(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    """A platform of its own, all checks green."""
    home = tmp_path_factory.mktemp("mutants-cloud")
    with local_cloud(cloud_environment, home, NAME, PORT, BLOCK) as cloud:
        stack = empty_stack(cloud, tmp_path_factory.mktemp("mutants-stack"))
        stack.up()
        target = Target.model_validate(stack.target())
        with SshClient(target.servers[0].ssh) as ssh:
            report = checks.verify(target, settle=60)
            assert report.exit_code == 0, report.table()
            yield Whole(Scene(cloud, target, ssh), report)

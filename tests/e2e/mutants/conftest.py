"""One platform for all mutants, all green as long as nothing is broken."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import checks
from common.ssh import SshClient
from runbook import drift
from runbook.plan.engine import Engine
from tests.e2e.conftest import own_stack
from tests.e2e.data.conftest import configure as with_dumps
from tests.e2e.mutants.scene import Scene

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from common.target import Target
    from tests.e2e.conftest import Stack

ON_REQUEST = tuple(check.id for check in checks.CHECKS if check.on_request)
NAME, PORT, BLOCK = "mutants", 8588, 212


@dataclass(frozen=True)
class Whole:
    """The platform, and how to look at all of it."""

    scene: Scene
    stack: Stack

    def look(self, target: Target, *also: str) -> checks.Report:
        """Run the whole suite, and checks that run on request alone."""
        chosen = (*checks.select(None), *(checks.select(also) if also else ()))
        with self._environment():
            return drift.run(target, chosen, self._engine)

    def again(
        self, target: Target, ids: Sequence[str], only: Collection[tuple[str, str]]
    ) -> checks.Report:
        """Run some checks, of some subjects."""
        with self._environment():
            return drift.run(target, checks.select(ids), self._engine, only=only)

    @property
    def _engine(self) -> Engine:
        return Engine(self.stack.folder, self.stack.name)

    @contextlib.contextmanager
    def _environment(self) -> Iterator[None]:
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.stack.environment.items():
                patch.setenv(name, value)
            yield


@pytest.fixture(scope="module")
def whole(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    """A platform of its own, all checks green."""
    with own_stack(cloud_environment, tmp_path_factory, NAME, PORT, BLOCK) as stack:
        # A budget that a busy machine can keep: what is broken is a great deal slower.
        stack.config["nutri:liveLatencyMs"] = 1500
        with_dumps(stack)
        stack.up()
        target = stack.described()
        with SshClient(target.servers[0].ssh) as ssh:
            made = Whole(Scene(stack.cloud, target, ssh), stack)
            report = made.look(target, *ON_REQUEST)
            assert report.exit_code == 0, report.table()
            yield made

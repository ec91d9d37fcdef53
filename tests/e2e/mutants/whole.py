"""A whole platform, and how to look at all of it."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

import checks
from runbook import drift
from runbook.plan.engine import Engine

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from common.target import Target
    from tests.e2e.conftest import Stack
    from tests.e2e.mutants.scene import Scene

ON_REQUEST = tuple(check.id for check in checks.CHECKS if check.on_request)


@dataclass(frozen=True)
class Whole:
    """The platform as worlds break it, and its stack."""

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

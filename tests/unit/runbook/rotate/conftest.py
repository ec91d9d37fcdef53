"""A stack whose config is a dictionary, and whose updates are counted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import OperatorError
from runbook.rotate.journal import Journal
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import Target


@dataclass
class FakeConfig:
    """In place of the engine's."""

    values: dict[str, Any] = field(default_factory=dict)
    writes: list[str] = field(default_factory=list)
    dies_after: int | None = None
    """So many writes are done; the next one is where the machine is switched off."""

    def all(self) -> dict[str, Any]:
        """As `Config.all`."""
        return dict(self.values)

    def get(self, *path: str) -> Any:  # noqa: ANN401 - JSON
        """As `Config.get`."""
        found: Any = self.values
        for word in path:
            found = found.get(word) if isinstance(found, dict) else None
        return found

    def set_secret(self, value: str, *path: str) -> None:
        """As `Config.set_secret`."""
        if self.dies_after is not None and len(self.writes) >= self.dies_after:
            raise KeyboardInterrupt
        at = self.values
        for word in path[:-1]:
            at = at.setdefault(word, {})
        at[path[-1]] = value
        self.writes.append(".".join(path))

    def remove(self, *path: str) -> None:
        """As `Config.remove`."""
        at = self.values
        for word in path[:-1]:
            at = at[word]
        del at[path[-1]]


@dataclass
class FakeScene:
    """In place of `Scene`."""

    target: Target = field(default_factory=lambda: make_target(9))
    config: FakeConfig = field(default_factory=FakeConfig)
    said: list[str] = field(default_factory=list)
    fails: int = 0
    """So many updates fail."""
    ups: int = 0
    on_up: Callable[[], None] = lambda: None

    def journal(self, kind: str) -> Journal:
        """As `Scene.journal`."""
        return Journal(self.config, kind)  # type: ignore[arg-type]

    def say(self, text: str) -> None:
        """Keep it."""
        self.said.append(text)

    def up(self) -> str:
        """Fail as often as wanted."""
        self.ups += 1
        if self.fails:
            self.fails -= 1
            raise OperatorError("the update failed")
        self.on_up()
        return "the update went through"


@pytest.fixture
def scene() -> FakeScene:
    """A stack with a database and secrets."""
    made = FakeScene()
    made.config.values = {
        "hcloud:token": "h-old",
        "nutri:registryPassword": "r-old",
        "nutri:databaseUrl": "postgresql://postgres.ref:d%40old@pooler.test:6543/postgres?x=1",
        "nutri:databaseDirectUrl": "postgresql://postgres:d%40old@db.test:5432/postgres",
        "nutri:secrets": {
            "nutri-backend": {"JWT_SECRET": "j-old", "SHARED": "1"},
            "nutri-ml-service": {"SECRET_KEY": "s-old", "SHARED": "2"},
        },
    }
    return made

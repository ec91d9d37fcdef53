"""What every rotation works with: one stack, its config, the engine."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook import locks
from runbook.rotate.config import Config
from runbook.rotate.journal import Journal
from runbook.stack import find_project, load_target
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from common.target import Target


@dataclass
class Scene:
    """One stack; `target` is as its outputs were when it was last looked at."""

    project: Path
    target: Target
    say: Callable[[str], None]
    updates: Updates = field(init=False)
    config: Config = field(init=False)

    def __post_init__(self) -> None:
        self.updates = Updates(self.project, self.target.stack)
        self.config = Config(self.project, self.target.stack)

    @classmethod
    def of(cls, stack: str | None, folder: Path, say: Callable[[str], None]) -> Scene:
        """A stack that is up, and that nobody changes just now.

        Raises:
            OperatorError: it cannot be read, or somebody changes it.
        """
        target, project = load_target(stack), find_project(folder)
        locks.require_none(project, target.stack)
        return cls(project, target, say)

    def journal(self, kind: str) -> Journal:
        """What is noted of a kind of secret."""
        return Journal(self.config, kind)

    def up(self) -> str:
        """Bring the new value to all who use it, and look at the outputs again.

        Raises:
            OperatorError: the update failed; what it had done by then stays.
        """
        self.say("  `pulumi up` brings it to all who use it:")
        if not self.updates.up():
            raise OperatorError("the update failed, as it says above")
        self.target = load_target(self.target.stack)
        return "the update went through, its checks are green"

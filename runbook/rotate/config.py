"""A stack's config, read and written secret by secret; values travel by standard input alone."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook import locks
from runbook import stack as stacks
from runbook.stack import StackError

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class Config:
    """The config of one stack, by the engine."""

    project: Path
    stack: str

    def all(self) -> dict[str, Any]:
        """Every value the stack has, secrets in clear, objects as such.

        Raises:
            StackError: the engine cannot read it.
        """
        done = stacks.run(self.project, ["config", "--json", "--show-secrets"], self.stack)
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))
        listed = json.loads(done.stdout)
        return {key: one.get("objectValue", one.get("value")) for key, one in listed.items()}

    def get(self, *path: str) -> Any:  # noqa: ANN401 - JSON
        """A value, or a part of one; None where there is none."""
        found: Any = self.all()
        for word in path:
            found = found.get(word) if isinstance(found, dict) else None
        return found

    def set_secret(self, value: str, *path: str) -> None:
        """Write a value, encrypted.

        Raises:
            LockedError: somebody changes the stack just now.
            StackError: the engine refuses; the value is not in what it says.
        """
        locks.require_none(self.project, self.stack)
        words = ["config", "set", "--secret", "--raw", *(["--path"] if path[1:] else [])]
        self._run([*words, _key(path)], value)

    def remove(self, *path: str) -> None:
        """Take a value, or a part of one, out; nothing happens where there is none.

        Raises:
            LockedError: somebody changes the stack just now.
            StackError: the engine refuses.
        """
        locks.require_none(self.project, self.stack)
        self._run(["config", "rm", *(["--path"] if path[1:] else []), _key(path)])

    def _run(self, words: list[str], value: str = "") -> None:
        done = stacks.run(self.project, words, self.stack, stdin=value)
        if done.returncode:
            said = done.stderr.replace(value, "***") if value else done.stderr
            raise StackError(stacks.explain(said, self.stack))


def _key(path: tuple[str, ...]) -> str:
    """The path as the engine reads it: parts with a dot or a bracket are quoted."""
    root, *parts = path
    return root + "".join(f'["{one}"]' if set(one) & set('.[]"') else f".{one}" for one in parts)

"""Changes by the engine: a value of the stack's config, and the update that brings it about."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from common import verified
from runbook import command_line, locks, operator
from runbook import stack as stacks
from runbook.engine_lines import EngineLines
from runbook.engine_process import EngineProcess
from runbook.interrupts import Interrupted
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_TIMEOUT = 120.0
_UPDATE_SECONDS = 3600.0


@dataclass(frozen=True)
class Updates:
    """`pulumi` for one stack; `stack` None stands for the selected one."""

    project: Path
    stack: str | None = None
    verbose: bool = False
    """Whether the engine's own lines are shown, all of them."""
    labels: dict[str, str] = field(default_factory=dict, compare=False)
    """What is said of a replica that is replaced, by its name."""
    _kept: dict[Path, str] = field(default_factory=dict, compare=False)
    """The config's text before the changes that no update has brought about yet."""

    def verified(self) -> verified.Verified:
        """The tags that were verified good, by service; empty while nothing was recorded.

        Raises:
            StackError: pulumi cannot read the stack.
        """
        done = self._read("stack", "output", "verified", "--json")
        if done.returncode:
            if "does not have output" in done.stderr.lower():
                return {}
            raise StackError(stacks.explain(done.stderr, self.stack))
        try:
            return verified.parse(json.loads(done.stdout))
        except ValueError:
            raise StackError(
                "the stack's output `verified` is of another version of this program"
            ) from None

    def history(self) -> list[dict[str, Any]]:
        """The newest updates of the stack, as pulumi tells them.

        Raises:
            StackError: pulumi cannot read the stack.
        """
        done = self._read("stack", "history", "--json", "--page-size", "50")
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))
        return list(json.loads(done.stdout or "[]"))

    def value(self, key: str) -> str | None:
        """A plain value of the config; None when it is not set, or cannot be read."""
        done = self._read("config", "get", *_path(key), key)
        return done.stdout.strip() or None if not done.returncode else None

    def set_value(self, key: str, value: str) -> None:
        """Set a plain text of the config: one that looks like a number stays a text.

        Raises:
            LockedError: somebody else changes the stack just now.
            StackError: pulumi refuses.
        """
        self._before_a_change()
        words = [*_path(key), "--type", "string"] if _path(key) else []
        done = self._read("config", "set", *words, key, value)
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))

    def set_values(self, values: Mapping[str, str]) -> None:
        """Set plain values at paths into the config's objects, as in `nutri:one.part`, at once.

        Raises:
            LockedError: somebody else changes the stack just now.
            StackError: pulumi refuses.
        """
        self._before_a_change()
        words = [word for pair in values.items() for word in ("--plaintext", "=".join(pair))]
        done = self._read("config", "set-all", "--path", *words)
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))

    def unset(self, key: str) -> None:
        """Take a value out of the config; nothing happens where there is none.

        Raises:
            LockedError: somebody else changes the stack just now.
            StackError: pulumi refuses.
        """
        self._before_a_change()
        done = self._read("config", "rm", key)
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))

    def up(self, *, is_polite: bool = False) -> bool:
        """Bring the stack to its config, its lines on standard error; whether that succeeded.

        Args:
            is_polite: the engine takes of this machine what others leave.

        Raises:
            LockedError: somebody else changes the stack, and nothing was done.
            Interrupted: a signal came; the engine was let come to its end.
            StackError: it did not end in time.
        """
        color = _color() if self.verbose else []
        words = ["up", "--yes", "--skip-preview", "--suppress-outputs", *_message(), *color]
        shows = None if self.verbose else EngineLines(self.labels)
        engine = EngineProcess(
            self._words(*words), _environment(), is_polite=is_polite, shows=shows
        )
        done = engine.run(_UPDATE_SECONDS)
        if (found := locks.in_output(done.said)) is not None and done.code:
            self._put_back()
            raise locks.refusal(self.stack or "selected", found)
        self._kept.clear()
        if done.interrupted:
            from runbook import interrupted  # noqa: PLC0415 - it loads all checks

            raise Interrupted(f"interrupted. {interrupted.line(self)}")
        return done.code == 0

    def _before_a_change(self) -> None:
        name = locks.require_none(self.project, self.stack)
        file = self.project / f"Pulumi.{name}.yaml"
        if file not in self._kept and file.exists():
            self._kept[file] = file.read_text()

    def _put_back(self) -> None:
        for file, text in self._kept.items():
            file.write_text(text)
        self._kept.clear()

    def _read(self, *words: str) -> subprocess.CompletedProcess[str]:
        try:
            return subprocess.run(
                self._words(*words),
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT,
                check=False,
                env=_environment(),
            )
        except subprocess.TimeoutExpired:
            raise StackError(f"`pulumi {words[0]}` did not end within {_TIMEOUT:g} s") from None

    def _words(self, *words: str) -> list[str]:
        choice = ["--stack", self.stack] if self.stack else []
        command = [stacks.program(), "--cwd", str(self.project), "--non-interactive"]
        return [*command, *words, *choice]


def _path(key: str) -> list[str]:
    """Return what says that a key is a path into an object, as `nutri:services.NAME.tag` is."""
    return ["--path"] if "." in key else []


def _message() -> list[str]:
    """Return what the stack's history keeps: who did it, by which verb."""
    line = command_line.line()
    return ["--message", f"{line} by {operator.name()}@{operator.host()}"] if line else []


def _color() -> list[str]:
    """The engine writes to a pipe, so it is told where that ends."""
    return ["--color", "always"] if sys.stderr.isatty() else []


def _environment() -> dict[str, str]:
    return os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"}

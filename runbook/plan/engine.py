"""Runs the engine: a preview of the stack, and its configuration."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook import stack as stacks
from runbook.stack import StackError

if TYPE_CHECKING:
    from pathlib import Path

_TIMEOUT_SECONDS = 600
# The program's own guard lets such a preview through, so that all of it can be judged here.
_REPORTING = {"NUTRI_GUARD": "report", "PULUMI_SKIP_UPDATE_CHECK": "true"}


class PreviewError(StackError):
    """There is no preview: the program or the engine ended with an error."""


@dataclass(frozen=True)
class Engine:
    """`pulumi` for one stack.

    Attributes:
        project: folder of Pulumi.yaml.
        stack: name of the stack; None for the selected one.
        config_file: its configuration, where that is not beside Pulumi.yaml.
    """

    project: Path
    stack: str | None = None
    config_file: Path | None = None

    def preview(self) -> dict[str, Any]:
        """Return the engine's digest of a preview, every resource listed.

        Raises:
            PreviewError: the engine printed no digest.
        """
        done = self._run("preview", "--json", "--show-sames")
        try:
            return dict(json.loads(done.stdout))
        except ValueError:
            raise PreviewError(stacks.explain(done.stderr or done.stdout, self.stack)) from None

    def config(self) -> dict[str, Any]:
        """Return the stack's configuration, secrets revealed.

        Raises:
            StackError: pulumi cannot read it.
        """
        done = self._run("config", "--json", "--show-secrets")
        if done.returncode:
            raise StackError(stacks.explain(done.stderr, self.stack))
        entries: dict[str, dict[str, Any]] = json.loads(done.stdout)
        return {key: one.get("objectValue", one.get("value")) for key, one in entries.items()}

    def name(self) -> str:
        """Return the stack's name."""
        if self.stack:
            return self.stack
        return self._run("stack", "--show-name").stdout.strip()

    def _run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [stacks.program(), "--cwd", str(self.project), "--non-interactive", *words]
        if self.stack:
            command += ["--stack", self.stack]
        if self.config_file and words[0] != "stack":
            command += ["--config-file", str(self.config_file.resolve())]
        try:
            return subprocess.run(
                command,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                timeout=_TIMEOUT_SECONDS,
                check=False,
                env=os.environ | _REPORTING,
            )
        except subprocess.TimeoutExpired:
            what = f"`pulumi {' '.join(words[:1])}` did not end within {_TIMEOUT_SECONDS} s"
            raise StackError(what) from None

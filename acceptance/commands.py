"""The project's own commands, as an operator types them, each with its log and within the limit."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from acceptance.config import AcceptanceError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

_SAY_EVERY = 15.0
_END_SECONDS = 120.0
_SHOWN = 25


@dataclass
class Commands:
    """Runs them in a workspace; `deadline` is on the monotonic clock."""

    folder: Path
    environment: Mapping[str, str]
    say: Callable[[str], None]
    deadline: float = field(default=float("inf"))
    pulumi: tuple[str, ...] = ("pulumi",)
    runbook: tuple[str, ...] = (sys.executable, "-m", "runbook")

    def run(self, words: tuple[str, ...], *, stdin: str | None = None) -> str:
        """Run a command that begins with `pulumi` or `runbook`; returns what it printed.

        Raises:
            AcceptanceError: it failed, or the limit of minutes was reached.
        """
        program = {"pulumi": self.pulumi, "runbook": self.runbook}[words[0]]
        log = self.folder / "logs" / f"{len(self._logs()):02}-{'-'.join(words[:3])}.log"
        log.parent.mkdir(exist_ok=True)
        with log.open("w") as out, (self.folder / "logs/errors").open("w") as errors:
            child = subprocess.Popen(
                [*program, *words[1:]],
                cwd=self.folder,
                env=dict(self.environment),
                stdin=subprocess.PIPE,
                stdout=out,
                stderr=errors,
                text=True,
                start_new_session=True,
            )
            try:
                self._feed(child, stdin)
                self._wait(child, log, words)
            except BaseException:
                _end(child)
                raise
        said = (self.folder / "logs/errors").read_text()
        if child.returncode:
            told = "\n".join([*log.read_text().splitlines(), *said.splitlines()][-_SHOWN:])
            raise AcceptanceError(f"`{' '.join(words)}` ended with {child.returncode}:\n{told}")
        return log.read_text()

    def _logs(self) -> list[Path]:
        return list((self.folder / "logs").glob("*.log"))

    @staticmethod
    def _feed(child: subprocess.Popen[str], text: str | None) -> None:
        with contextlib.suppress(BrokenPipeError):
            if child.stdin:
                child.stdin.write(text or "")
                child.stdin.close()

    def _wait(self, child: subprocess.Popen[str], log: Path, words: tuple[str, ...]) -> None:
        started = told = time.monotonic()
        while child.poll() is None:
            now = time.monotonic()
            if now > self.deadline:
                raise AcceptanceError(f"the limit of minutes is reached in `{' '.join(words)}`")
            if now - told > _SAY_EVERY:
                told = now
                self.say(f"    {now - started:.0f} s: {_last(log)}")
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(0.2)


def _last(log: Path) -> str:
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines()]
    told = [line for line in lines if line and not line.startswith("@ ")]
    return told[-1][:100] if told else "nothing said yet"


def _end(child: subprocess.Popen[str]) -> None:
    """Have a command end as Ctrl-C does, with all it started; then without being asked."""
    for number in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError, subprocess.TimeoutExpired):
            os.killpg(child.pid, number)
            child.wait(_END_SECONDS)
            return

"""A fresh `pulumi up`, with the moments at which each part of the platform was there."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from common.errors import OperatorError
from runbook import stack as stacks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

_SECONDS = 3600.0
_LAST_LINES = 12
_END_SECONDS = 900.0

PARTS: Mapping[str, tuple[str, ...]] = {
    "server": ("::wait-for-boot",),
    "Coolify": ("coolify:Instance::", "coolify:Project::"),
    "dumps": ("::install-dumps",),
    "database": ("::restore-latest",),
    "services": ("coolify:Application::",),
    "names": ("TakenName::", "zoneRrset:ZoneRrset::"),
    "verification": ("nutri:Verification::",),
}
"""Parts of a platform, in order, and what the engine calls the resources that end them."""


class InterruptedUpError(OperatorError):
    """The update was cut off, as asked."""


@dataclass
class Rebuild:
    """Updates of one stack; `moments` is when each part was there, by `time.monotonic()`."""

    project: Path
    stack: str
    environment: Mapping[str, str]
    say: Callable[[str], None]
    moments: dict[str, float] = field(default_factory=dict)
    _errors: list[str] = field(default_factory=list)
    _cut: set[int] = field(default_factory=set)

    def up(self, cut_off_after: str | None = None) -> None:
        """Run one update.

        Args:
            cut_off_after: kill everything once this part is there, as a power cut would.

        Raises:
            InterruptedUpError: it was cut off.
            OperatorError: it failed; the text ends with its last lines.
        """
        self._errors.clear()
        with tempfile.TemporaryFile("w+", errors="replace") as said, self._engine(said) as engine:
            for event in _events(engine):
                self._note(event)
                if cut_off_after in self.moments:
                    self._cut.add(engine.pid)
                    _kill_session(engine.pid)
                    raise InterruptedUpError(f"cut off once the part {cut_off_after} was there")
            code = engine.wait()
            said.seek(0)
            self._errors += said.read().splitlines()
        if code:
            raise OperatorError("`pulumi up` failed:\n" + "\n".join(self._errors[-_LAST_LINES:]))

    def unlock(self) -> None:
        """Take away the lock of an update that was killed."""
        stacks.run(self.project, ["cancel", "--yes"], self.stack, environment=self.environment)

    @contextlib.contextmanager
    def _engine(self, said: IO[str]) -> Iterator[subprocess.Popen[str]]:
        words = ["up", "--yes", "--skip-preview", "--json", "--stack", self.stack]
        process = subprocess.Popen(
            [stacks.program(), "--cwd", str(self.project), "--non-interactive", *words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            start_new_session=True,
            env=stacks.surroundings(self.environment),
        )
        try:
            yield process
        finally:
            # Where nothing was to be cut off it ends by itself, and gives its lock back.
            if process.poll() is None and process.pid not in self._cut:
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_END_SECONDS)
            _kill_session(process.pid)
            process.wait()

    def _note(self, event: Mapping[str, Any]) -> None:
        told = event.get("diagnosticEvent") or {}
        if told.get("severity") in {"error", "info#err"}:
            self._errors += [line for line in told.get("message", "").splitlines() if line.strip()]
        done = (event.get("resOutputsEvent") or {}).get("metadata") or {}
        for part, names in PARTS.items():
            if any(name in done.get("urn", "") for name in names):
                if part not in self.moments:
                    self.say(f"   {part}")
                self.moments[part] = time.monotonic()


def _kill_session(leader: int) -> None:
    """Kill a process and all that it began, as a power cut would.

    The engine's plugins are in process groups of their own, and would outlive it.
    """
    for pid in (leader, *_others(leader)):
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _others(leader: int) -> Iterator[int]:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError):
            pid = int(folder.name)
            if pid != leader and os.getsid(pid) == leader:
                yield pid


def _events(engine: subprocess.Popen[str]) -> Iterator[dict[str, Any]]:
    deadline = time.monotonic() + _SECONDS
    for line in engine.stdout or ():
        with contextlib.suppress(ValueError):
            found = json.loads(line)
            if isinstance(found, dict):
                yield found
        if time.monotonic() > deadline:
            raise OperatorError(f"`pulumi up` did not end within {_SECONDS:g} s")


def phases(moments: Mapping[str, float], began: float) -> list[tuple[str, float, float]]:
    """Name, beginning and length of each part, one after another, in the order they ended."""
    found, last = [], began
    for part, moment in sorted(moments.items(), key=lambda one: one[1]):
        found.append((part, last, moment - last))
        last = moment
    return found

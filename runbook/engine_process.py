"""The engine as a process that is never cut off: a signal asks it to end, and it is waited for."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from runbook import interrupts
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from runbook.engine_lines import EngineLines

_LAST_LINES = 400
_GRACE_SECONDS = 900.0  # a deployment that has begun ends by its own bound before that
_IMPATIENT_SECONDS = 60.0
_STEP_SECONDS = 0.2
_POLITE = 5
_GRACEFULLY = (
    "the engine is told to end: it finishes what it has begun, and starts nothing more; "
    "once more ends it at once, in the middle"
)


@dataclass(frozen=True)
class Ended:
    """How it ended."""

    code: int
    said: str
    """Its last lines."""
    interrupted: bool


@dataclass
class EngineProcess:
    """One run of the engine; its lines go to standard error as they come.

    It has a session of its own: else Ctrl-C would reach it beside us, and a second one, which
    means the end in the middle, could not be told from the first.
    """

    words: Sequence[str]
    environment: Mapping[str, str]
    grace: float = _GRACE_SECONDS
    is_polite: bool = False
    """It takes of this machine what others leave: a monitor here measures the service, and not
    how the engine makes it wait."""
    shows: EngineLines | None = None
    """What is shown of its lines; None: all of them."""
    _began: float = field(default_factory=time.monotonic)
    _lines: deque[str] = field(default_factory=lambda: deque(maxlen=_LAST_LINES))
    _asked: int = 0
    _asked_at: float = 0.0

    def run(self, timeout: float) -> Ended:
        """Run it to its end.

        Raises:
            StackError: it did not end in time; it was told to, and waited for.
        """
        with self._started() as process, self._signals(process):
            code = self._wait(process, time.monotonic() + timeout)
        return Ended(code, "\n".join(self._lines), self._asked > 0)

    @contextlib.contextmanager
    def _started(self) -> Iterator[subprocess.Popen[str]]:
        process = subprocess.Popen(
            [*self.words],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
            env=dict(self.environment),
        )
        if self.is_polite:
            _give_way(process.pid)
        reader = threading.Thread(target=self._read, args=(process,), daemon=True)
        reader.start()
        try:
            yield process
        finally:
            self._end(process)
            reader.join(_IMPATIENT_SECONDS)

    def _read(self, process: subprocess.Popen[str]) -> None:
        for line in process.stdout or ():
            self._lines.append(line.rstrip("\n"))
            if self.shows is None:
                _show(line)
            elif (said := self.shows.shown(line, self._since())) is not None:
                _show(f"{said}\n")

    def _since(self) -> float:
        return time.monotonic() - self._began

    def _tell_waits(self) -> None:
        if self.shows is not None and (said := self.shows.waits(self._since())):
            _show(f"{said}\n")

    @contextlib.contextmanager
    def _signals(self, process: subprocess.Popen[str]) -> Iterator[None]:
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        with interrupts.caught(lambda: self._ask(process)):
            yield

    def _ask(self, process: subprocess.Popen[str]) -> None:
        self._asked += 1
        self._asked_at = time.monotonic()
        if self._asked == 1:
            with contextlib.suppress(OSError, ValueError):
                print(f"\n{_GRACEFULLY}", file=sys.stderr, flush=True)  # noqa: T201
        process.send_signal(signal.SIGINT)

    def _wait(self, process: subprocess.Popen[str], deadline: float) -> int:
        while True:
            with contextlib.suppress(subprocess.TimeoutExpired):
                return process.wait(_STEP_SECONDS)
            self._tell_waits()
            now = time.monotonic()
            if self._asked and now > self._asked_at + self.grace:
                return self._end(process)
            if now > deadline and not self._asked:
                self._ask(process)
                self._end(process)
                raise StackError(f"`{' '.join(self.words[-1:])}` did not end in time")

    def _end(self, process: subprocess.Popen[str]) -> int:
        """See to it that it ends: asked, asked again, and killed at last."""
        for patience in (_IMPATIENT_SECONDS, _IMPATIENT_SECONDS):
            if process.poll() is not None:
                break
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(patience)
        if process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
        return process.wait()


def _give_way(process: int) -> None:
    """Lower the priority of a process and of all that it will start."""
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, process, max(_POLITE, os.nice(0)))
        # Linux weighs sessions against each other, where it can, and this is one of its own.
        Path(f"/proc/{process}/autogroup").write_text(str(_POLITE), encoding="ascii")


def _show(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # a terminal that is gone
        sys.stderr.write(text)
        sys.stderr.flush()

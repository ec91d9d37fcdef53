"""Long commands: bounded, their output kept for the error, a line now and then meanwhile."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import TYPE_CHECKING, Final

from tools.engine.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

PAUSE: Final = 15.0
"""Seconds between two lines about the same command."""

LAST_LINES: Final = 15
"""How much of a failed command's output goes into the error."""


def say(line: str) -> None:
    """Print one line of progress."""
    sys.stderr.write(f"engine: {line}\n")
    sys.stderr.flush()


def run(  # noqa: PLR0913 - a command line, where and with what it runs, and what to say of it
    what: str,
    command: Sequence[str],
    *,
    log: Path,
    bound: float,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Run the command to its end.

    Args:
        what: the work, as it should read after "engine: ".
        command: the program and its arguments.
        log: the file that takes the command's output.
        bound: seconds it may take.
        cwd: the folder it runs in.
        env: its whole environment, instead of this process's.

    Raises:
        EngineError: it failed, or took longer.
    """
    say(f"{what} (at most {bound:.0f} s)")
    start = time.monotonic()
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=output, stderr=output, cwd=cwd, env=env
        ) as process,
    ):
        try:
            code = _wait(process, what, start, bound)
        finally:
            process.kill()
    elapsed = time.monotonic() - start
    if code is None:
        raise EngineError(f"{what}: not done after {elapsed:.0f} s\n{_tail(log)}")
    if code != 0:
        raise EngineError(f"{what}: failed after {elapsed:.0f} s (exit {code})\n{_tail(log)}")
    say(f"{what}: done in {elapsed:.1f} s")


def _wait(process: subprocess.Popen[bytes], what: str, start: float, bound: float) -> int | None:
    """Give the exit code, or None when the bound is over."""
    while (left := start + bound - time.monotonic()) > 0:
        try:
            return process.wait(min(PAUSE, left))
        except subprocess.TimeoutExpired:
            say(f"{what}: {time.monotonic() - start:.0f} s of at most {bound:.0f} s")
    return None


def _tail(log: Path) -> str:
    lines = log.read_text(errors="replace").rstrip().splitlines()
    return "\n".join(lines[-LAST_LINES:])

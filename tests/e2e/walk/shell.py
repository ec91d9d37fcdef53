"""One shell for the whole of a walk: what a command changes in it, the next one finds."""

from __future__ import annotations

import shlex
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_STEP = 0.1


@dataclass(frozen=True)
class Done:
    """A command that ended."""

    code: int
    said: str
    seconds: float


class Shell:
    """A bash, command by command."""

    def __init__(self, folder: Path, notes: Path, environment: Mapping[str, str]) -> None:
        self._notes = notes
        self._count = 0
        self._bash = subprocess.Popen(
            ["bash", "--norc"],
            cwd=folder,
            env=dict(environment),
            stdin=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, command: str, pasted: str, bound: float) -> Done:
        """Run one command in the shell itself; `pasted` is its standard input."""
        self._count += 1
        given, said, code = (self._notes / f"{self._count}.{one}" for one in ("in", "out", "code"))
        given.write_text(pasted)
        paths = [shlex.quote(str(one)) for one in (given, said, code)]
        began = time.monotonic()
        # The code is moved into its place, so that it is never read half written.
        lines = f"{{ {command}\n}} <{paths[0]} >{paths[1]} 2>&1\necho $? >{paths[2]}.new\n"
        assert self._bash.stdin is not None
        self._bash.stdin.write(f"{lines}mv {paths[2]}.new {paths[2]}\n")
        self._bash.stdin.flush()
        while not code.exists():
            assert self._bash.poll() is None, f"the shell ended with `{command}`"
            assert time.monotonic() - began < bound, f"not within {bound} s: {command}"
            time.sleep(_STEP)
        seconds = time.monotonic() - began
        return Done(int(code.read_text()), said.read_text(errors="replace"), seconds)

    def end(self) -> None:
        """End it."""
        self._bash.kill()
        self._bash.wait()

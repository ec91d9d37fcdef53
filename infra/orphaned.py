"""The end of a provider's process whose engine is no more.

An engine that is killed takes its providers along only where they notice; else each would stay, go
on with what it was at beside the next update, and hold its connections.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

_WRAPPER = "pulumi-resource-pulumi-python"
"""The shell script that the engine starts us by."""
_MAIN = "pulumi.dynamic.__main__"
_EVERY_SECONDS = 1.0


def end_with_engine() -> None:
    """End this process soon after its engine; in a process of another kind do nothing."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    if spec is not None and spec.name == _MAIN:
        threading.Thread(target=_watch, args=(_ancestors(),), daemon=True).start()


def _watch(ancestors: tuple[int, ...]) -> None:
    while _ancestors() == ancestors:
        time.sleep(_EVERY_SECONDS)
    for pid in _children():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)  # connections of `ssh` would live on by themselves
    os._exit(1)


def _ancestors() -> tuple[int, ...]:
    """Who started us, and who started that where it is no more than the script."""
    parent = os.getppid()
    told = _process(parent)
    return (parent, told[0]) if told and _WRAPPER in told[1] else (parent,)


def _process(pid: int) -> tuple[int, str] | None:
    """The parent of a process, and its command line; None where there is none."""
    folder = Path(f"/proc/{pid}")
    if not Path("/proc/self/stat").exists():
        words = _ps("-o", "ppid=,command=", "-p", str(pid)).split(maxsplit=1)
        return (int(words[0]), words[-1]) if words else None
    try:
        stat = (folder / "stat").read_text()
        return int(stat.rpartition(")")[2].split()[1]), (folder / "cmdline").read_text()
    except OSError:
        return None


def _children() -> list[int]:
    rows = (line.split() for line in _ps("-A", "-o", "pid=,ppid=").splitlines())
    return [int(pid) for pid, parent in rows if int(parent) == os.getpid()]


def _ps(*words: str) -> str:
    try:
        return subprocess.run(["ps", *words], capture_output=True, text=True, check=False).stdout
    except OSError:
        return ""

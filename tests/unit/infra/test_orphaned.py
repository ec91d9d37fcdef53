"""A provider's process whose engine is killed ends, and so does what it has started."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from infra import orphaned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).parents[3]
# Stands in for `pulumi.dynamic`: it has begun a connection, and loads a provider.
_PROVIDER = """\
import os, subprocess, time
child = subprocess.Popen(["sleep", "60"])
import infra.dynamic
print(os.getpid(), child.pid, flush=True)
time.sleep(60)
"""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], list[int]]]:
    """An engine that has started its provider by a shell script, and the numbers of the rest."""
    script = tmp_path / "pulumi-resource-pulumi-python"
    program = tmp_path / "provider.py"
    program.write_text(
        f"import importlib.machinery, sys\nsys.path.insert(0, {str(ROOT)!r})\n"
        f"__spec__ = importlib.machinery.ModuleSpec({orphaned._MAIN!r}, None)\n{_PROVIDER}"
    )
    script.write_text(f"#!/bin/sh\n{sys.executable} {program}\ntrue\n")
    script.chmod(0o700)
    engine = subprocess.Popen(
        [sys.executable, "-c", f"import subprocess; subprocess.run([{str(script)!r}])"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert engine.stdout
    pids = [int(word) for word in engine.stdout.readline().split()]
    yield engine, pids
    engine.kill()
    engine.communicate()
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _runs(pid: int) -> bool:
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] != "Z"


def _comes(so: Callable[[], bool], bound: float) -> bool:
    deadline = time.monotonic() + bound
    while not so() and time.monotonic() < deadline:
        time.sleep(0.05)
    return so()


def test_a_provider_ends_with_its_engine(
    started: tuple[subprocess.Popen[str], list[int]],
) -> None:
    """It stays while the engine is there; a kill of that is the end of both."""
    engine, pids = started
    assert not _comes(lambda: not all(map(_runs, pids)), 1.5)
    engine.kill()
    assert _comes(lambda: not any(map(_runs, pids)), 30)


def test_no_other_process_is_watched() -> None:
    """The program itself, a test: it is not run by the script."""
    before = threading.active_count()
    orphaned.end_with_engine()
    assert threading.active_count() == before

"""Signals while the engine runs: it comes to its end, and one line says how things stand."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from common.waiting import wait_until

ROOT = Path(__file__).parents[3]
# An engine that needs a second for what it has begun, and ends at once when asked a second time.
_ENGINE = f"""#!{sys.executable}
import pathlib, signal, sys, time
here = pathlib.Path(__file__).parent
if "up" not in sys.argv:
    sys.exit(255)
asked = []
signal.signal(signal.SIGINT, lambda *_: asked.append(1))
(here / "started").touch()
while not asked:
    time.sleep(0.02)
(here / "asked").touch()
for _ in range(PATIENCE):
    time.sleep(0.02)
    if len(asked) > 1:
        (here / "cut").touch()
        sys.exit(1)
(here / "gave-the-lock-back").touch()
sys.exit(255)
"""
_VERB = """
import sys
from pathlib import Path
from runbook import cli, interrupted
from runbook.app import verb
from runbook.updates import Updates

interrupted.line = lambda updates: "nutri-backend: the config says good-2, serving is: good-1"

@verb("change", procedure="M2", example="change")
def change() -> None:
    '''Change it.'''
    Updates(Path(sys.argv[2]), "test").up()

sys.argv[2:], place = [], sys.argv[2]
sys.argv.append(place)
cli.main(["change"])
"""


def _run(folder: Path, *, patience: int) -> subprocess.Popen[str]:
    engine = folder / "pulumi"
    engine.write_text(_ENGINE.replace("PATIENCE", str(patience)))
    engine.chmod(0o755)
    process = subprocess.Popen(
        [sys.executable, "-c", _VERB, "", str(folder)],
        cwd=ROOT,
        env=os.environ | {"PATH": f"{folder}:{os.environ['PATH']}"},
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    wait_until("the engine to start", (folder / "started").exists, bound=30)
    return process


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_the_engine_comes_to_its_end(tmp_path: Path, number: signal.Signals) -> None:
    """It gives its lock back; then one line, and the code of what was interrupted."""
    process = _run(tmp_path, patience=50)
    os.killpg(process.pid, number)  # as a terminal does
    _, said = process.communicate(timeout=30)
    assert process.returncode == 130, said
    assert (tmp_path / "gave-the-lock-back").exists()
    assert not (tmp_path / "cut").exists()
    last = said.strip().splitlines()[-1]
    assert last == (
        "runbook: interrupted. nutri-backend: the config says good-2, serving is: good-1"
    )
    assert "Traceback" not in said


def test_twice_ends_it_at_once(tmp_path: Path) -> None:
    """Whoever insists gets what was asked for, in the middle."""
    process = _run(tmp_path, patience=100_000)
    os.killpg(process.pid, signal.SIGINT)
    wait_until("the engine to be asked", (tmp_path / "asked").exists, bound=30)
    time.sleep(0.2)
    os.killpg(process.pid, signal.SIGINT)
    process.communicate(timeout=30)
    assert process.returncode == 130
    assert (tmp_path / "cut").exists()

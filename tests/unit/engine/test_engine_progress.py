"""Long commands are bounded and say what they do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tools.engine import EngineError, progress

if TYPE_CHECKING:
    from pathlib import Path


def test_it_says_what_how_long_and_how_long_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """There is a line at the start with the bound, lines meanwhile, and one at the end."""
    monkeypatch.setattr(progress, "PAUSE", 0.1)
    progress.run("working", ["sleep", "0.25"], log=tmp_path / "log", bound=20)
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "engine: working (at most 20 s)"
    assert "engine: working: 0 s of at most 20 s" in lines
    assert lines[-1].startswith("engine: working: done in 0.")


def test_a_failure_shows_the_end_of_the_output(tmp_path: Path) -> None:
    """The error has the exit code and the last lines, not all of them."""
    command = ["sh", "-c", "seq 1 100; echo the cause >&2; exit 7"]
    with pytest.raises(EngineError) as caught:
        progress.run("working", command, log=tmp_path / "log", bound=20)
    text = str(caught.value)
    assert "working: failed after" in text
    assert "(exit 7)" in text
    assert text.endswith("100\nthe cause")
    assert "\n50\n" not in text


def test_the_bound_ends_it(tmp_path: Path) -> None:
    """A command that takes too long is ended and is an error."""
    start = time.monotonic()
    with pytest.raises(EngineError, match="not done after"):
        progress.run("working", ["sleep", "60"], log=tmp_path / "log", bound=0.3)
    assert time.monotonic() - start < 5


def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    """A missing program is an error of the operating system, which the command line prints."""
    with pytest.raises(OSError, match="nowhere"):
        progress.run("working", [str(tmp_path / "nowhere")], log=tmp_path / "log", bound=1)

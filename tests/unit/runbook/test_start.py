"""A verb starts without what other verbs need."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from runbook import cli, interrupts

ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("words", [["urls", "--help"], ["drill", "dr", "--help"]])
def test_a_verb_loads_its_own_module_alone(words: list[str]) -> None:
    """Nothing of the other verbs is imported."""
    program = (
        "import sys, runbook.cli\n"
        "try:\n"
        f"    runbook.cli.main({words!r})\n"
        "finally:\n"
        "    print('LOADED', *sorted(n for n in sys.modules if n.startswith('runbook.verbs.')))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert "Usage: " in done.stdout
    loaded = done.stdout.rpartition("LOADED")[2].split()
    assert any(one.startswith(f"runbook.verbs.{words[0]}") for one in loaded)
    assert "runbook.verbs.watch" not in loaded


@pytest.mark.parametrize("words", [["--help"], ["no-such-verb"], []])
def test_whoever_asks_for_all_gets_all(words: list[str]) -> None:
    """Help, and the error of a word that is no verb, know every verb."""
    done = subprocess.run(
        [sys.executable, "-m", "runbook", *words],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert "urls" in said or "No such command" in said


@pytest.mark.parametrize("verb", ["check", "urls", "status"])
def test_a_verb_stays_a_verb_though_it_is_alone(verb: str) -> None:
    """Its name is not taken for its first argument."""
    done = subprocess.run(
        [sys.executable, "-m", "runbook", verb, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"Usage: runbook {verb} " in done.stdout


def test_the_version_is_told() -> None:
    """That of the project, and the commit."""
    done = subprocess.run(
        [sys.executable, "-m", "runbook", "--version"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.startswith("runbook 0.1.0")


def test_an_interrupt_while_it_loads_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing was begun, and that is what is said; without a traceback."""

    def interrupted(_word: str | None) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cli, "register", interrupted)
    monkeypatch.setattr(interrupts, "raise_on_signals", lambda: None)
    with pytest.raises(SystemExit) as ended:
        cli.main(["status"])
    assert ended.value.code == 130
    assert capsys.readouterr().err == "runbook: interrupted while it loads; nothing was begun\n"


def test_so_is_one_while_the_command_line_itself_loads(tmp_path: Path) -> None:
    """Before any of its modules is there."""
    cut = tmp_path / "rich"
    cut.mkdir()
    (cut / "__init__.py").write_text("raise KeyboardInterrupt\n")
    done = subprocess.run(
        [sys.executable, "-m", "runbook", "status"],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 130
    assert done.stderr == "runbook: interrupted while it loads; nothing was begun\n"

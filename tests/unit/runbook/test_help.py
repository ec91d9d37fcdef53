"""Every verb says which procedure it is, how it is typed and how it ends."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook.cli import main, whole

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi

ROOT = Path(__file__).parents[3]
PROCEDURES = {
    *(f"D{n}" for n in range(1, 5)),
    *(f"E{n}" for n in range(1, 5)),
    *(f"S{n}" for n in range(1, 4)),
    *(f"B{n}" for n in range(1, 6)),
    *(f"M{n}" for n in range(1, 4)),
    *(f"I{n}" for n in range(1, 4)),
    "Q1",
}


def _verbs(command: Any, path: tuple[str, ...] = ()) -> dict[str, Any]:  # noqa: ANN401 - click's
    children = getattr(command, "commands", None)
    if children is None:
        return {" ".join(path): command}
    return {
        name: verb
        for child, one in children.items()
        for name, verb in _verbs(one, (*path, child)).items()
    }


_OF_AN_INCIDENT = {
    f"incident {verb}"
    for verb in (
        *("ack", "note", "mitigated", "close", "list", "postmortem"),
        *("severity", "role", "reopen", "done"),
    )
}
VERBS = _verbs(whole())


@pytest.mark.parametrize("name", VERBS)
def test_help_has_procedure_example_and_exit_codes(name: str) -> None:
    """The example begins with the verb itself."""
    epilog = VERBS[name].epilog or ""
    found = re.search(r"Runbook procedure: (.+)", epilog)
    assert found
    named = set(re.findall(r"\b[A-Z]\d\b", found[1]))
    assert named <= PROCEDURES
    assert named or "change" in found[1]
    assert re.search(rf"Example: runbook {name}( |$)", epilog, re.MULTILINE)
    assert re.search(r"Exit codes: (of the last look: )?(0|the command's own)", epilog)


_FOR_A_PERSON = {"shell", "coolify open"}


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_speaks_json(name: str) -> None:
    """Programs read what people read; all but what gives a person the terminal."""
    assert "--json" in _options(name) or name in _FOR_A_PERSON


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_takes_a_stack(name: str) -> None:
    """All but those for an incident, known by its number, and parity, which asks a recording."""
    assert "--stack" in _options(name) or name in _OF_AN_INCIDENT | {"parity"}


@pytest.mark.parametrize("name", VERBS)
def test_every_option_says_what_it_is_for(name: str) -> None:
    """Or its name says it all."""
    untold = {
        option
        for param in VERBS[name].params
        for option in param.opts
        if option.startswith("--") and not getattr(param, "help", "")
    }
    assert untold <= {"--summary", "--root-cause", "--resolution", "--failed-requests"}


@pytest.mark.usefixtures("nobody")
@pytest.mark.parametrize("name", VERBS)
def test_the_example_of_each_verb_can_be_typed(
    name: str, capfd: pytest.CaptureFixture[str], run: Callable[..., int]
) -> None:
    """Without a stack it ends with one message, plain on a pipe; from a folder of the project."""
    example = re.search(r"Example: runbook (.+)", VERBS[name].epilog or "")
    assert example
    code = run(*shlex.split(example[1].split("\n")[0]))
    out, err = capfd.readouterr()
    assert "\x1b" not in out + err
    assert "Traceback" not in err
    assert "Usage:" not in err, err
    if code == 2:
        assert re.match("runbook: ", err), err
        assert out == ""


def _options(name: str) -> set[str]:
    return {option for param in VERBS[name].params for option in param.opts}


@pytest.fixture
def nobody(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> FakePulumi:
    """A project without a stack, and without an incident."""
    pulumi.prints("", "error: no stack selected", code=255)
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    monkeypatch.delenv("PULUMI_ACCESS_TOKEN", raising=False)
    return pulumi


def test_help_of_the_whole_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    """With every verb and the exit codes."""
    with pytest.raises(SystemExit) as caught:
        main(["--help"])
    assert caught.value.code == 0
    out = capsys.readouterr().out
    for word in ("check", "outage", "incident", "Exit codes: 0 all is well"):
        assert word in out


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("runbook ou", {"outage"}),
        ("runbook check D", {"D1", "D2", "D3", "D4"}),
        ("runbook logs nutri-", {"nutri-backend", "nutri-ml-service"}),
    ],
)
def test_the_shell_completes(typed: str, offered: set[str]) -> None:
    """Verbs, and checks with their procedures, without asking the stack."""
    words = typed.split()
    done = subprocess.run(
        [sys.executable, "-m", "runbook"],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ
        | {
            "PYTHONPATH": str(ROOT),
            "_RUNBOOK_COMPLETE": "complete_bash",
            "COMP_WORDS": typed,
            "COMP_CWORD": str(len(words) - 1),
        },
    )
    assert offered <= set(done.stdout.split())

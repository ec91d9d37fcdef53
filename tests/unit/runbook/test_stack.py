"""Reading the target from the stack's outputs."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from runbook.stack import StackError, find_project, load_target

if TYPE_CHECKING:
    from tests.unit.runbook.conftest import FakePulumi


def test_the_target_is_read_with_its_secrets(stack: FakePulumi) -> None:
    """From the project's folder found upward, without questions."""
    target = load_target(None)
    assert target.stack == "prod"
    assert target.coolify.token.get_secret_value() == "coolify-secret"
    assert stack.arguments() == [
        "--cwd",
        str(Path.cwd().parent),
        "--non-interactive",
        *("stack", "output", "target", "--json", "--show-secrets"),
    ]


def test_a_named_stack_is_asked_for(stack: FakePulumi) -> None:
    """The option reaches pulumi."""
    load_target("staging")
    assert stack.arguments()[-2:] == ["--stack", "staging"]


@pytest.mark.parametrize(
    ("stderr", "says"),
    [
        ("error: no stack named 'x' found", "there is no stack 'x'"),
        ("error: no stack named 'x' found", "A state that is lost"),
        ("error: failed to load checkpoint: place 1: unexpected end of JSON input", "cut short"),
        ("error: the stack is currently locked by 1 lock(s).", "`pulumi cancel` clears a dead"),
        ("error: no stack selected; please use `pulumi stack select`", "--stack NAME"),
        ("error: current stack does not have output property 'target'", "run `pulumi up`"),
        ("error: failed to decrypt: incorrect passphrase, please set", "PULUMI_CONFIG_PASSPHRASE"),
        (
            'error: constructing secrets manager of type "passphrase": passphrase must be set',
            "missing or wrong",
        ),
        ("error: unable to open state directory", "unable to open state directory"),
        ("error: PULUMI_ACCESS_TOKEN must be set for login", "PULUMI_BACKEND_URL"),
        ("warning: w\nerror: the disk is full\n", "the disk is full"),
        ("", "says nothing"),
    ],
)
def test_pulumi_errors_are_explained(stderr: str, says: str, pulumi: FakePulumi) -> None:
    """Each of pulumi's refusals says what to do."""
    pulumi.prints("", stderr, code=255)
    with pytest.raises(StackError, match=re.escape(says)):
        load_target("x")


def test_a_target_of_another_version_is_told_without_its_secrets(
    pulumi: FakePulumi, outputs: dict[str, Any]
) -> None:
    """Only the places that do not fit are named."""
    outputs["coolify"]["token"] = ["coolify-secret"]
    outputs["surprise"] = "other-secret"
    pulumi.prints(json.dumps(outputs))
    with pytest.raises(StackError, match=r"coolify\.token, surprise") as caught:
        load_target(None)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


def test_no_pulumi_is_told(pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the program one hears how to get it."""
    monkeypatch.setenv("PATH", str(pulumi.folder))
    monkeypatch.setattr("runbook.stack.sys.executable", str(pulumi.folder / "python"))
    with pytest.raises(StackError, match="no `pulumi` on PATH"):
        load_target(None)


def test_a_pulumi_that_hangs_is_given_up(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a bound."""
    pulumi.prints("")
    script = pulumi.folder / "bin" / "pulumi"
    script.write_text("#!/bin/sh\nexec sleep 30\n")
    monkeypatch.setattr("runbook.stack._TIMEOUT", 0.2)
    with pytest.raises(StackError, match=r"within 0\.2 s"):
        load_target(None)


def test_outside_a_project_its_own_is_taken_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Away from any Pulumi.yaml, the project the program came with; without that, an error."""
    own = tmp_path / "own"
    monkeypatch.setattr("runbook.stack.__file__", str(own / "runbook" / "stack.py"))
    with pytest.raises(StackError, match=r"Pulumi\.yaml"):
        find_project(tmp_path)
    own.mkdir()
    (own / "Pulumi.yaml").touch()
    assert find_project(tmp_path) == own

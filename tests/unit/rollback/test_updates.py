"""What `pulumi` is asked for, with a stand-in for it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

import pytest

from runbook.stack import StackError
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Prints = Callable[..., Updates]


@pytest.fixture
def pulumi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Prints:
    """Make a stand-in, first on PATH, that prints and ends as told."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(stdout: str = "", stderr: str = "", code: int = 0) -> Updates:
        (tmp_path / "stdout").write_text(stdout)
        (tmp_path / "stderr").write_text(stderr)
        script = tmp_path / "pulumi"
        script.write_text(
            f'#!/bin/sh\necho "$@" > {tmp_path}/asked\ncat {tmp_path}/stdout\n'
            f"cat {tmp_path}/stderr >&2\nexit {code}\n"
        )
        script.chmod(0o755)
        return Updates(tmp_path, "test")

    return make


def _asked(updates: Updates) -> str:
    return (updates.project / "asked").read_text().strip()


def test_the_verified_tags(pulumi: Prints) -> None:
    """The stack's output, typed; nothing where nothing was recorded yet."""
    entry = {"image": "ghcr.io/x", "tag": "v1", "at": "2026-01-31T12:00:00Z"}
    found = pulumi(json.dumps({"nutri-backend": [entry]})).verified()
    assert [one.tag for one in found["nutri-backend"]] == ["v1"]
    missing = "error: current stack does not have output property 'verified'"
    assert pulumi(stderr=missing, code=255).verified() == {}
    assert pulumi("null").verified() == {}


@pytest.mark.parametrize(
    ("stdout", "stderr", "code", "said"),
    [
        ('{"nutri-backend": [{"tag": 1}]}', "", 0, "of another version"),
        ("{", "", 0, "of another version"),
        ("", "error: no stack named 'test' found", 255, "there is no stack 'test'"),
    ],
)
def test_what_cannot_be_read_is_a_clear_error(
    stdout: str, stderr: str, code: int, said: str, pulumi: Prints
) -> None:
    """One line, not a traceback."""
    with pytest.raises(StackError, match=said):
        pulumi(stdout, stderr, code).verified()


def test_a_value_is_set_on_the_stack(pulumi: Prints) -> None:
    """By its full name; a refusal is told."""
    updates = pulumi()
    updates.set_value("nutri:services.nutri-backend.tag", "0123456")
    how = "config set --path --type string nutri:services.nutri-backend.tag 0123456 --stack test"
    assert _asked(updates).endswith(how)
    with pytest.raises(StackError):
        pulumi(stderr="error: passphrase must be set", code=255).set_value("nutri:x", "1")


def test_a_value_that_is_not_set_is_none(pulumi: Prints) -> None:
    """The caller has a default."""
    assert pulumi("v1\n").value("nutri:services.nutri-backend.tag") == "v1"
    assert (
        pulumi(stderr="error: not found", code=255).value("nutri:services.nutri-backend.tag")
        is None
    )


def test_an_update_needs_nobody(pulumi: Prints, capfd: pytest.CaptureFixture[str]) -> None:
    """It asks nothing, and its lines leave standard output alone; its end is told."""
    updates = pulumi("updating\n")
    assert updates.up() is True
    assert "--non-interactive up --yes --skip-preview" in _asked(updates)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "updating\n")
    assert pulumi(code=255).up() is False

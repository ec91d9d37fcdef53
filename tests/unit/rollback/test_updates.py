"""What `pulumi` is asked for, with a stand-in for it."""

from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from runbook.locks import LockedError
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


@pytest.fixture(autouse=True)
def backend(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that holds the states, and the locks."""
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/states?metadata=skip")
    return tmp_path / "states"


def _lock(backend: Path, pid: int, host: str | None = None, stack: str = "test") -> None:
    folder = backend / ".pulumi/locks/organization/nutri" / stack
    folder.mkdir(parents=True)
    held = {
        "pid": pid,
        "username": "ann",
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-11-30T20:51:44.123456789+01:00",
    }
    (folder / "1.json").write_text(json.dumps(held))


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
    updates = replace(pulumi("updating\n"), verbose=True)
    assert updates.up() is True
    assert "--non-interactive up --yes --skip-preview" in _asked(updates)
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "updating\n")
    assert pulumi(code=255).up() is False


@pytest.mark.parametrize(
    ("pid", "host", "said"),
    [
        (os.getpid(), None, "wait for its end"),
        (2**22 + 1, None, "whose process is no more: `pulumi cancel --stack test` clears it"),
        (2**22 + 1, "elsewhere", "once you know that process is dead"),
    ],
    ids=["alive", "dead", "elsewhere"],  # not by the process's number, which each worker has anew
)
def test_a_lock_is_seen_before_anything_is_changed(
    pulumi: Prints, backend: Path, pid: int, host: str | None, said: str
) -> None:
    """Who holds it, since when, and what to do."""
    _lock(backend, pid, host)
    updates = pulumi()
    changes: list[tuple[Callable[..., None], tuple[object, ...]]] = [
        (updates.set_value, ("nutri:x", "1")),
        (updates.set_values, ({"nutri:x": "1"},)),
        (updates.unset, ("nutri:x",)),
    ]
    for change, words in changes:
        with pytest.raises(LockedError, match=r"ann@.* since 2026-11-30 19:51 UTC") as caught:
            change(*words)
        assert said in str(caught.value)
        assert str(caught.value).endswith("Nothing was changed")
    assert not (updates.project / "asked").exists()


def test_the_lock_of_another_stack_is_none(pulumi: Prints, backend: Path) -> None:
    """Each has its own."""
    _lock(backend, os.getpid(), stack="prod")
    pulumi().set_value("nutri:x", "1")


def test_a_lock_that_comes_in_between_leaves_the_config(pulumi: Prints) -> None:
    """The engine says so itself, of any backend; locked and failed are told apart."""
    said = (
        "error: the stack is currently locked by 1 lock(s). Either wait for the other process(es) "
        "to end or delete the lock file with `pulumi cancel`.\n"
        "  s3://x/1.json: created by ann@laptop (pid 4711) at 2026-11-30T20:51:44+01:00"
    )
    updates = pulumi(stderr=said, code=255)
    file = updates.project / "Pulumi.test.yaml"
    file.write_text("config:\n  nutri:x: before\n")
    script = updates.project / "pulumi"
    script.write_text(
        script.read_text().replace("exit 255", 'case "$*" in *" up "*) exit 255; esac')
    )
    updates.set_value("nutri:x", "1")
    file.write_text("config:\n  nutri:x: '1'\n")
    with pytest.raises(LockedError, match="ann@laptop \\(process 4711\\) since 2026-11-30 19:51"):
        updates.up()
    assert "before" in file.read_text()

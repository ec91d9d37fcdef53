"""Runs the commands of a remedy as they are printed, and as a person does: at a terminal."""

from __future__ import annotations

import contextlib
import os
import pty
import re
import select
import shlex
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import yaml

import checks
from tests.e2e.conftest import ROOT
from tests.e2e.mutants.remedies import REMEDIES, commands, looks
from tests.e2e.mutants.whole import ON_REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping
    from io import FileIO
    from pathlib import Path

    from checks import Report, Result
    from tests.e2e.conftest import Stack
    from tests.e2e.mutants.remedies import Remedy
    from tests.e2e.mutants.whole import Whole

_SETTLE_SECONDS = 180.0
_BOUND_SECONDS = 600.0
_QUIET_SECONDS = 1.0
_RED = 1  # what a look at something broken may end with


def run_remedy(world: str, red: Result, whole: Whole) -> None:
    """Run all of a remedy as it is printed; where something of it heals, see the check green."""
    remedy, text = REMEDIES[world], red.verdict.remedy
    _assert_is_printed(remedy, text)
    for command in remedy.looks:
        code, said = typed(command, whole.stack)
        assert code <= _RED, f"{command}\n{said}"
    if remedy.first:
        remedy.first(whole.scene)
    said = "".join(_healing(command, whole.stack, remedy.value) for command in remedy.heals)
    if remedy.heals:
        report = _looked(red, whole)
        assert report.exit_code == 0, f"{said}\n{report.table()}"


def _assert_is_printed(remedy: Remedy, text: str) -> None:
    """Nothing is printed that is not run, and nothing run that is not printed."""
    seen = looks(text)
    assert sorted(remedy.looks) == sorted(seen), text
    rest = [one for one in commands(text) if one not in seen]
    assert sorted((*remedy.heals, *remedy.others)) == sorted(rest), text
    assert [one for one in rest if one in remedy.heals] == list(remedy.heals), text


def _healing(command: str, stack: Stack, value: str) -> str:
    code, said = typed(command, stack, value)
    # An update, or a verb that checks afterwards, may end before what it mended is green.
    assert code in {0, _RED} or command.startswith("pulumi up"), f"{command}\n{said}"
    assert not re.search("Usage:|No such", said), f"{command}\n{said}"
    return f"$ {command}\n{said}"


def _looked(red: Result, whole: Whole) -> Report:
    only = {red.key}
    if red.check in ON_REQUEST:
        return whole.again(whole.scene.target, [red.check], only)
    target = whole.stack.described()  # as long as the world is broken
    return checks.verify(target, [red.check], only=only, settle=_SETTLE_SECONDS)


def typed(command: str, stack: Stack, value: str = "y") -> tuple[int, str]:
    """Type a command at a terminal, in the stack's folder, and a value for what it asks."""
    stack.config_file.write_text(yaml.safe_dump(stack._file()))
    words = shlex.split(command)
    if words[0] == "runbook":
        words = [sys.executable, "-m", *words]
    if words[1] == "up" or words == ["pulumi", "refresh"]:  # its own question is one of a menu
        words += ["--yes", "--skip-preview"]
    environment = stack.environment | {"PYTHONPATH": str(ROOT), "PULUMI_STACK": stack.name}
    done = at_terminal(words, stack.folder, environment, f"{value}\r".encode())
    _keep_config(stack)
    return done


def _keep_config(stack: Stack) -> None:
    """What a command wrote into the stack's config stays: the next update writes it anew."""
    written = yaml.safe_load(stack.config_file.read_text())["config"]
    stack.secrets |= {key: written[key] for key in stack.secrets}
    stack.config.clear()
    stack.config |= {key: value for key, value in written.items() if key not in stack.secrets}


def at_terminal(
    words: list[str], folder: Path, environment: Mapping[str, str], answer: bytes
) -> tuple[int, str]:
    """Run a command at a terminal of its own; `answer` ends with what the key Enter sends."""
    leader, follower = pty.openpty()
    with (
        os.fdopen(leader, "r+b", buffering=0) as terminal,
        subprocess.Popen(
            words,
            cwd=folder,
            env=dict(environment),
            stdin=follower,
            stdout=follower,
            stderr=follower,
            start_new_session=True,
        ) as process,
    ):
        os.close(follower)
        said = _conversation(terminal, process, answer)
    return process.returncode, said


def _conversation(terminal: FileIO, process: subprocess.Popen[bytes], answer: bytes) -> str:
    """All that is shown until the command ends, within a bound; a question gets its answer.

    What is typed before a question for a secret is thrown away: so it is waited for.
    """
    said, answered, deadline = b"", b"", time.monotonic() + _BOUND_SECONDS
    with contextlib.suppress(OSError):  # nobody writes any more: it has ended
        while time.monotonic() < deadline:
            if select.select([terminal], [], [], _QUIET_SECONDS)[0]:
                said += terminal.read(65_536)
            elif said != answered and not said.endswith(b"\n"):
                terminal.write(answer)
                answered = said
        process.kill()
    return said.decode(errors="replace").replace("\r\n", "\n")

"""Reads the target from the stack's outputs, by the `pulumi` program."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError

from clients.dns import Resolver
from common.errors import OperatorError
from common.passphrase import FILE_VARIABLE, VARIABLE
from common.target import Target
from runbook import unfinished

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PROJECT_FILE = "Pulumi.yaml"
_TIMEOUT = 120.0


class StackError(OperatorError):
    """The stack's output `target` cannot be had."""


def load_target(stack: str | None) -> Target:
    """The target of a stack; of the selected one when no name is given.

    Raises:
        StackError: says what is missing.
    """
    project = find_project(Path.cwd())
    done = run(project, ["stack", "output", "target", "--json", "--show-secrets"], stack)
    if done.returncode:
        raise StackError(explain(done.stderr, stack) + _so_far(project, stack, done))
    try:
        return _from_here(Target.model_validate_json(done.stdout), project)
    except ValidationError as error:
        # The input holds secrets: only the places go into the message.
        places = ", ".join(".".join(map(str, one["loc"])) or "all" for one in error.errors())
        raise StackError(
            f"the stack's output `target` is of another version of this program ({places}); "
            "run `pulumi up` with this one"
        ) from None


def _so_far(project: Path, stack: str | None, done: subprocess.CompletedProcess[str]) -> str:
    """What there is of a stack that has no outputs; empty where that is not what is wrong."""
    if _NO_OUTPUT not in done.stderr.lower():
        return ""
    export = run(project, ["stack", "export"], stack).stdout
    return unfinished.line(export) + unfinished.waiting(export, _resolver(stack))


def _resolver(stack: str | None) -> Resolver:
    """Asks whom the stack's config names; the system's where it names nobody."""
    try:
        places = json.loads(config_value(stack, "nutri:nameservers") or "[]")
        return Resolver([str(one) for one in places])
    except (ValueError, TypeError):
        return Resolver()


_NO_OUTPUT = "does not have output"


def config_value(stack: str | None, key: str) -> str | None:
    """A value of the stack's config, decrypted; None when it is not set, or nothing can be read."""
    try:
        done = run(find_project(Path.cwd()), ["config", "get", key], stack)
    except StackError:
        return None
    return done.stdout.strip() or None if not done.returncode else None


def _from_here(target: Target, project: Path) -> Target:
    """Make the CA bundle's path, which the config gives from the project's folder, absolute."""
    bundle = target.vantage.ca_bundle
    found = str((project / bundle).resolve()) if bundle else None
    vantage = target.vantage.model_copy(update={"ca_bundle": found})
    return target.model_copy(update={"vantage": vantage})


def find_project(start: Path) -> Path:
    """The folder of Pulumi.yaml: upward from `start`, else the one this program came with.

    Raises:
        StackError: when there is none.
    """
    for folder in (start, *start.parents, Path(__file__).resolve().parent.parent):
        if (folder / _PROJECT_FILE).is_file():
            return folder
    raise StackError(f"no {_PROJECT_FILE} here or above; change into the project's folder")


def run(  # noqa: PLR0913 - a call has this many sides, all but two with a default
    project: Path,
    words: Sequence[str],
    stack: str | None = None,
    *,
    stdin: str = "",
    timeout: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `pulumi` in a project, whatever comes of it; secrets go in by `stdin`.

    Raises:
        StackError: when there is no `pulumi`, or it does not end in time.
    """
    choice = ["--stack", stack] if stack else []
    bound = timeout or _TIMEOUT
    try:
        return subprocess.run(
            [program(), "--cwd", str(project), "--non-interactive", *words, *choice],
            capture_output=True,
            text=True,
            input=stdin,
            timeout=bound,
            check=False,
            env=surroundings(environment or {}),
        )
    except subprocess.TimeoutExpired:
        what = " ".join(words[:2])
        raise StackError(f"`pulumi {what}` did not end within {bound:g} s") from None


def surroundings(own: Mapping[str, str]) -> dict[str, str]:
    """The environment of the engine: ours, and what a stack has of its own.

    The engine prefers a passphrase in a variable to one in a file, so ours must not be there
    beside a file of the stack's own.
    """
    made = os.environ | {"PULUMI_SKIP_UPDATE_CHECK": "true"} | dict(own)
    if FILE_VARIABLE in own and VARIABLE not in own:
        made.pop(VARIABLE, None)
    return made


def program() -> str:
    """Find the `pulumi` program.

    Raises:
        StackError: when there is none.
    """
    # Beside the interpreter too: a virtual environment that is used without being activated.
    path = os.pathsep.join([os.environ.get("PATH", ""), str(Path(sys.executable).parent)])
    found = shutil.which("pulumi", path=path)
    if not found:
        raise StackError("there is no `pulumi` on PATH; `make up` installs it, see the README")
    return found


def explain(said: str, stack: str | None) -> str:
    """Say in our words what pulumi means by what it said."""
    text = said.lower()
    name = f"stack {stack!r}" if stack else "the selected stack"
    for marks, words in _MEANINGS:
        if any(mark in text for mark in marks):
            return words.format(name=name)
    lines = [line for line in said.strip().splitlines() if line.strip()]
    return f"pulumi cannot read {name}: {lines[-1] if lines else 'it says nothing'}"


_MEANINGS = (
    (
        ("no stack named", "unknown stack"),
        (
            "there is no {name} in this state backend; `pulumi stack ls` lists them. If there was "
            "one, its state was removed: docs/state.md, A state that is lost"
        ),
    ),
    (
        ("failed to load checkpoint", "unexpected end of json"),
        (
            "the state of {name} is empty or cut short, so nothing can be read from it; nothing "
            "was changed. The backend keeps the one before: docs/state.md, A state that is lost"
        ),
    ),
    (
        ("currently locked by",),
        "{name} is locked: somebody changes it just now; `pulumi cancel` clears a dead lock",
    ),
    (
        ("no stack selected", "no current stack"),
        "no stack is selected: give --stack NAME, or `pulumi stack select NAME`",
    ),
    (
        (_NO_OUTPUT,),
        "{name} has no output `target` yet: run `pulumi up` first",
    ),
    (
        ("passphrase",),
        (
            "{name} needs its passphrase, and it is missing or wrong: "
            f"`. bin/env STACK`, or set {VARIABLE} or {FILE_VARIABLE}"
        ),
    ),
    (
        ("login", "access token"),
        "pulumi knows no state backend: `pulumi login`, or set PULUMI_BACKEND_URL",
    ),
)

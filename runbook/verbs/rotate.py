"""`runbook rotate ...`."""

from __future__ import annotations

import dataclasses
import functools
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runbook import options, output
from runbook.app import group, verb
from runbook.gaps import note_rotation
from runbook.rotate import Scene, StepFailedError, given, made, rotate
from runbook.rotate.app_secret import AppSecret
from runbook.rotate.coolify_token import CoolifyToken
from runbook.rotate.database_password import DatabasePassword
from runbook.rotate.passphrase import Passphrase
from runbook.rotate.restic_password import ResticPassword
from runbook.rotate.ssh_key import SshKey
from runbook.rotate.vendors import HetznerToken, RegistryPassword
from runbook.stack import find_project
from runbook.timeline import keep

if TYPE_CHECKING:
    from collections.abc import Callable

    from runbook.rotate import Done, Rotation

rotate_group = group("rotate", "Change a secret, and prove that the old one no longer works.")

_EXITS = (
    "0 the old one no longer works, 1 it still does, or a step failed and the same command goes "
    "on, 2 a mistake, and nothing was done"
)
_OF_STATE = {"ssh-key", "coolify-token"}
_PROCEDURE = "a change of secrets; after a lost laptop (docs/secrets.md)"
_Given = Annotated[
    bool,
    typer.Option("--given", help="Take the new value from a prompt, or a pipe; else it is made."),
]


@verb("ssh-key", procedure=_PROCEDURE, example="rotate ssh-key", exits=_EXITS, within=rotate_group)
def ssh_key(
    stack: options.Stack = None, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Change the key that logs in to the servers: the new one is proven before the old one goes."""
    _run(SshKey, stack, yes=yes, as_json=as_json)


@verb(
    "coolify-token",
    procedure=_PROCEDURE,
    example="rotate coolify-token",
    exits=_EXITS,
    within=rotate_group,
)
def coolify_token(
    stack: options.Stack = None, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Change the token of Coolify's API; both are valid until everything uses the new one."""
    _run(CoolifyToken, stack, yes=yes, as_json=as_json)


@verb(
    "registry-password",
    procedure=_PROCEDURE,
    example="rotate registry-password",
    exits=_EXITS,
    within=rotate_group,
)
def registry_password(
    stack: options.Stack = None, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Take a new password of the registry from a prompt or a pipe, and prove it by a pull."""
    take = functools.partial(given, "password of the registry")
    _run(lambda scene: RegistryPassword(scene, take), stack, yes=yes, as_json=as_json)


@verb(
    "hetzner-token",
    procedure=_PROCEDURE,
    example="rotate hetzner-token",
    exits=_EXITS,
    within=rotate_group,
)
def hetzner_token(
    stack: options.Stack = None, yes: options.Yes = False, as_json: options.Json = False
) -> None:
    """Take a new token of the project from a prompt or a pipe; again: is the old one revoked?"""
    take = functools.partial(given, "token of the Hetzner project")
    _run(lambda scene: HetznerToken(scene, take), stack, yes=yes, as_json=as_json)


@verb(
    "database-password",
    procedure=_PROCEDURE,
    example="rotate database-password",
    exits=_EXITS,
    within=rotate_group,
)
def database_password(
    from_outside: _Given = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Change the database's password, and roll the services with it while users are watched."""
    value = functools.partial(given, "password of the database") if from_outside else made
    _run(lambda scene: DatabasePassword(scene, value), stack, yes=yes, as_json=as_json)


@verb(
    "app-secret",
    procedure=_PROCEDURE,
    example="rotate app-secret JWT_SECRET",
    exits=_EXITS,
    within=rotate_group,
)
def app_secret(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    name: Annotated[str, typer.Argument(metavar="NAME", help="JWT_SECRET, or SERVICE.NAME.")],
    keep_as: Annotated[
        str | None,
        typer.Option("--keep-as", metavar="NAME", help="Variable that keeps the old value."),
    ] = None,
    from_outside: _Given = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Change a secret variable of a service; sessions signed with it end, see --keep-as."""
    value = functools.partial(given, name) if from_outside else made
    _run(lambda scene: AppSecret(scene, name, value, keep_as), stack, yes=yes, as_json=as_json)


@verb(
    "restic-password",
    procedure=_PROCEDURE,
    example="rotate restic-password",
    exits=_EXITS,
    within=rotate_group,
)
def restic_password(
    from_outside: _Given = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Change the password of the dumps; both open them until the server has the new one."""
    value = functools.partial(given, "password of the dumps") if from_outside else made
    _run(lambda scene: ResticPassword(scene, value), stack, yes=yes, as_json=as_json)


@verb(
    "passphrase",
    procedure=_PROCEDURE,
    example="rotate passphrase",
    exits=_EXITS,
    within=rotate_group,
)
def passphrase(
    from_outside: _Given = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Change the passphrase of config and state, in the file that Pulumi.STACK.env names."""
    value = functools.partial(given, "passphrase") if from_outside else made
    project = find_project(Path.cwd())
    rotation = Passphrase(project, stack, value)
    output.confirm("config and state are encrypted anew. Go on?", yes=yes)
    done = _rotated(rotation)
    _finish(project, rotation.stack, done, as_json=as_json)


def _run(make: Callable[[Scene], Rotation], stack: str | None, *, yes: bool, as_json: bool) -> None:
    scene = Scene.of(stack, Path.cwd(), output.say)
    rotation = make(scene)
    output.confirm(f"{rotation.secret} of {scene.target.stack} is changed now. Go on?", yes=yes)
    done = _rotated(rotation)
    keep(scene.target, f"rotated {rotation.secret}")
    _finish(scene.project, scene.target.stack, done, as_json=as_json)


def _finish(project: Path, stack: str, done: Done, *, as_json: bool) -> None:
    """Say what was proved and what is left: of every secret, the kit has the old one."""
    note_rotation(project, stack, datetime.now(UTC))
    kit = f"`runbook recovery-kit export nutri-{stack}.kit`: older kits hold the old one"
    commit = () if done.secret in _OF_STATE else (f"commit Pulumi.{stack}.yaml",)
    _print(dataclasses.replace(done, left=(*done.left, *commit, kit)), as_json=as_json)
    raise typer.Exit(int(done.old_works))


def _rotated(rotation: Rotation) -> Done:
    try:
        return rotate(rotation, output.say)
    except StepFailedError as error:
        typer.echo(f"runbook: {error}", err=True)
        raise typer.Exit(1) from None


def _print(done: Done, *, as_json: bool) -> None:
    if as_json:
        output.print_json(done.as_json())
        return
    for line in done.proved:
        typer.echo(f"proved  {line}")
    for line in done.left:
        typer.echo(f"left    {line}")

"""`runbook env ...`: M2."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

from common.errors import OperatorError
from runbook import options, output, servers
from runbook.app import group, verb
from runbook.env import declared, dotenv, dotenv_import
from runbook.env.dotenv_import import Choice, Config, Fate
from runbook.env.stored import Row, rows
from runbook.stack import find_project, load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from runbook.env.dotenv_import import Step

env_group = group("env", "The app's variables: names and fingerprints, never values.")

_Names = list[str]


@verb("list", procedure="M2", example="env list nutri-backend", within=env_group)
def list_(
    service: Annotated[str | None, options.maybe_service("all services")] = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """List the variables that the services were given, with what Coolify has of them."""
    _show(_rows(service, stack), as_json=as_json)


@verb(
    "diff",
    procedure="M2",
    example="env diff",
    exits="0 Coolify has what it was given, 1 it differs, 2 it could not be told",
    within=env_group,
)
def diff(
    service: Annotated[str | None, options.maybe_service("all services")] = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Tell the variables that somebody set, changed or took away in Coolify's dashboard."""
    found = [one for one in _rows(service, stack) if not one.is_same]
    _show(found, as_json=as_json)
    if not as_json:
        _tell_of_drift(found)
    raise typer.Exit(int(bool(found)))


@verb("import", procedure="M2", example="env import ../nutri/.env nutri-backend", within=env_group)
def import_(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An existing .env file.")],
    service: options.Service,
    plain: Annotated[
        _Names | None, typer.Option("--plain", metavar="NAME", help="It is no secret.")
    ] = None,
    secret: Annotated[
        _Names | None, typer.Option("--secret", metavar="NAME", help="It is a secret.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would become of each, and stop.")
    ] = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Make an existing .env file the stack's config, secrets as secrets; no value is printed.

    What may be a secret is asked; where nobody can be, it is taken for one.
    """
    project = find_project(Path.cwd())
    known = declared.read(project, stack, service)
    choice = Choice(plain or (), secret or (), _ask(yes=yes or dry_run))
    steps = dotenv_import.plan(dotenv.parse(_read(file)), known, choice)
    changes = [one for one in steps if one.is_change]
    if not as_json:
        _tell_steps(steps)
    if changes and not dry_run:
        output.confirm(
            f"{_counted(changes)} go into the config of {known.service}. Go on?", yes=yes
        )
        config = Config(project, stack, known.service)
        for number, one in enumerate(changes, 1):
            config.apply(one, known)
            output.say(f"  {number} of {len(changes)}: {one.name}")
    if as_json:
        listed = [{"name": one.name, "kind": one.fate.value, "why": one.why} for one in steps]
        output.print_json({"variables": listed})
    elif changes and not dry_run:
        typer.echo("`pulumi up` brings them to the service")


def _ask(*, yes: bool) -> dotenv_import.Ask:
    """Ask about one variable; a pipe cannot answer, and then it is a secret."""
    if yes or not Console().is_terminal:
        return lambda _name: True
    return lambda name: typer.confirm(f"is {name} a secret?", default=True, err=True)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise OperatorError(f"{file} is no text in UTF-8") from error
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}") from error


def _tell_steps(steps: Sequence[Step]) -> None:
    width = max((len(one.name) for one in steps), default=0)
    for one in steps:
        typer.echo(f"{one.name:{width}}  {one.fate.value:8}  {one.why}".rstrip())
    left = sorted({one.why for one in steps if one.fate is Fate.MADE})
    if left:
        output.say(f"left out is what the stack makes itself: {'; '.join(left)}")


def _counted(changes: Sequence[Step]) -> str:
    secrets = sum(one.fate is Fate.SECRET for one in changes)
    return f"{len(changes) - secrets} plain and {secrets} secret variables"


def _rows(service: str | None, stack: str | None) -> list[Row]:
    target = load_target(stack)
    chosen = [servers.find_service(target, service)] if service else list(target.services)
    with servers.connect(target.servers[0]) as client, output.busy("asking Coolify"):
        return rows(client, target, chosen)


def _show(found: Sequence[Row], *, as_json: bool) -> None:
    if as_json:
        output.print_json({"variables": [one.as_json() for one in found]})
        return
    width = max((len(f"{one.service} {one.name}") for one in found), default=0)
    for one in found:
        typer.echo(f"{f'{one.service} {one.name}':{width}}  {one.wanted or '-':12}  {one.told}")


def _tell_of_drift(found: Sequence[Row]) -> None:
    if found:
        output.say(
            "to keep one, take it into the stack's config (`runbook env import`, `pulumi config "
            "set`); to let it go, see `pulumi preview`"
        )
    else:
        typer.echo("Coolify has every variable as it was given")

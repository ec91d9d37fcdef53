"""The command line itself: one typer application, and how a verb gets its help."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Annotated, TypeVar

import typer

from runbook import command_line
from runbook.help import Verb, Verbs, panel_of
from runbook.interrupts import CODE
from runbook.output import DeclinedError

if TYPE_CHECKING:
    from collections.abc import Callable

V = TypeVar("V", bound="Callable[..., None]")

OF_A_VERB = "0 done, 1 it failed on the platform, 2 a mistake, or the platform could not be reached"
OF_A_REPORT = "0 all green, 1 something is red, 2 nothing red, but something could not be told"

app = typer.Typer(
    name="runbook",
    cls=Verbs,
    help="Operate a running nutri platform: each procedure of the runbook is a verb or a check.",
    epilog="Exit codes: 0 all is well; 1 something is wrong on the platform; 2 a mistake on the "
    "command line, or the platform could not be asked. Each verb's --help names its procedure.",
    no_args_is_help=True,
    add_completion=True,
    pretty_exceptions_enable=False,
)


def _version(*, wanted: bool) -> None:
    if wanted:
        from runbook.version import version  # noqa: PLC0415 - nobody else needs it

        typer.echo(f"runbook {version()}")
        raise typer.Exit


@app.callback()
def _of_all_verbs(
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=lambda wanted: _version(wanted=wanted),
            is_eager=True,
            help="Show the version of this program and exit.",
        ),
    ] = False,
) -> None:
    """Keep verbs verbs: typer would make a single one the whole command line."""
    del version


def group(name: str, text: str) -> typer.Typer:
    """A verb with verbs of its own, as in `runbook incident open`; the same for each who asks."""
    for known in app.registered_groups:
        if known.typer_instance and known.typer_instance.info.name == name:
            return known.typer_instance
    made = typer.Typer(name=name, cls=Verbs, help=text, no_args_is_help=True)
    app.add_typer(made, rich_help_panel=panel_of(name))
    return made


def verb(
    name: str, *, procedure: str, example: str, exits: str = OF_A_VERB, within: typer.Typer = app
) -> Callable[[V], V]:
    """Register a function as a verb; its help ends with procedure, example and exit codes.

    Args:
        name: as typed.
        procedure: ids of the runbook, as in "D1".
        example: the words after `runbook`.
        exits: what its exit codes mean.
        within: the group it belongs to.
    """
    epilog = f"Runbook procedure: {procedure}\n\nExample: runbook {example}\n\nExit codes: {exits}"
    is_top = within is app
    path = name if is_top else f"{within.info.name} {name}"
    register = within.command(
        name, epilog=epilog, cls=Verb, rich_help_panel=panel_of(name) if is_top else None
    )

    def registered(function: V) -> V:
        register(_interruptible(function, path))
        return function

    return registered


def _interruptible(function: V, path: str) -> V:
    """Let a verb that was interrupted end with one line and the code for it."""

    @functools.wraps(function)
    def run(*args: object, **options: object) -> None:
        command_line.note(path, function, options)
        try:
            function(*args, **options)
        except DeclinedError as error:
            from runbook import timeline  # noqa: PLC0415 - slow to load, and few say no

            timeline.declined(error.question, options.get("stack"))
            raise
        except KeyboardInterrupt as why:
            typer.echo(f"runbook: {str(why) or 'interrupted'}", err=True)
            raise typer.Exit(CODE) from None

    return run  # type: ignore[return-value]

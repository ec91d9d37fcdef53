"""`runbook restore`: B4, B5, E3."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from runbook import dumps, options, output
from runbook.app import verb
from runbook.stack import load_target
from runbook.timeline import acted

_HERE = "-"


@verb("restore", procedure="B4, B5, E3", example="restore --to scratch")
def restore(  # noqa: PLR0913, PLR0917 - one parameter an option
    to: Annotated[
        str,
        typer.Option(
            "--to",
            help="scratch (thrown away afterwards), database (the stack's own), a postgresql:// "
            "URL, or - to read the URL from standard input, where no process list shows it.",
        ),
    ],
    at: Annotated[
        str | None, typer.Option("--at", help="The newest dump not after this time (UTC).")
    ] = None,
    overwrite: Annotated[
        str | None,
        options.LOSE,
    ] = None,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Restore the newest dump that is whole; over data only when the database is named twice."""
    target = load_target(stack)
    url = sys.stdin.readline().strip() if to == _HERE else to
    wish = dumps.Wish(url, dumps.moment(at), overwrite)
    if overwrite is not None:
        output.confirm(f"All data of the database {overwrite} go. Go on?", yes=yes)
    with output.busy("restoring"):
        done = dumps.loudly(lambda: dumps.ask(target, "restore", wish.text()))
    place = to if to in {"scratch", "database"} else "another database"
    acted(target, f"restored {done['rows']} rows of {done['dump']['at']} to {place}")
    if as_json:
        output.print_json(done)
        return
    for line in dumps.told(done):
        typer.echo(line)

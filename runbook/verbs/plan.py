"""`runbook plan`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from common.errors import OperatorError
from runbook import options, output
from runbook.app import verb
from runbook.plan import propose, show
from runbook.plan.engine import Engine
from runbook.stack import find_project

_EXITS = (
    "0 nothing changes, or nothing of it carries a risk; 3 it carries risks, all of them allowed; "
    "4 `pulumi up` will refuse it; 2 a mistake, or it could not be told"
)


@verb("plan", procedure="before any change", example="plan --markdown", exits=_EXITS)
def plan(
    stack: options.Stack = None,
    as_json: options.Json = False,
    as_markdown: Annotated[
        bool, typer.Option("--markdown", help="Print a comment for a pull request.")
    ] = False,
    config_file: Annotated[
        Path | None, typer.Option("--config-file", help="Default: beside Pulumi.yaml.")
    ] = None,
) -> None:
    """Show what `pulumi up` would do: risk, downtime, price, and what has to be acknowledged."""
    if as_json and as_markdown:
        raise OperatorError("--json and --markdown: give one of them")
    engine = Engine(find_project(Path.cwd()), stack, config_file)
    with output.busy("previewing"):
        made = propose(engine)
    if as_json:
        output.print_json(show.as_json(made))
    else:
        typer.echo(show.markdown(made) if as_markdown else show.plain(made))
    raise typer.Exit(made.verdict.value)

"""`runbook drill ...`: disasters on purpose, measured."""

from __future__ import annotations

import typer

from runbook import options, output
from runbook.app import group, verb
from runbook.database.live import LiveTools
from runbook.database.state import find
from runbook.drills import Drill, consent, paused_database
from runbook.stack import load_target
from runbook.timeline import keep

drill_group = group("drill", "Break something on purpose, and measure how it is seen and mended.")

EXITS = "0 seen and recovered, 1 not, 2 it was not begun"


@verb(
    paused_database.NAME,
    procedure="E3",
    example="drill paused-database --yes-really prod",
    exits=EXITS,
    within=drill_group,
)
def paused(
    yes_really: consent.YesReally = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Pause the database's project, let the check see it and the doctor restore it."""
    target = load_target(stack)
    consent.demand(target, yes_really, "nobody can read or write meanwhile")
    tools = LiveTools(target, find(target), yes=True)
    drill = paused_database.run(tools, output.say)
    keep(target, f"drill {drill.name}: {drill.outcome} in {drill.seconds:.0f} s")
    show(drill, as_json=as_json)
    raise typer.Exit(drill.exit_code)


def show(drill: Drill, *, as_json: bool) -> None:
    """The report, as JSON or a line a phase."""
    if as_json:
        output.print_json(drill.as_json())
        return
    for phase in drill.phases:
        note = f"  {phase.note}" if phase.note else ""
        typer.echo(f"{phase.at:8.1f} s  {phase.seconds:7.1f} s  {phase.name}{note}")
    typer.echo(f"{drill.name}: {drill.outcome} after {drill.seconds:.1f} s {drill.error}".rstrip())

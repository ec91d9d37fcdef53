"""`runbook drill paused-database`: E3, drilled."""

from __future__ import annotations

import typer

from runbook import options, output
from runbook.app import verb
from runbook.database.live import LiveTools
from runbook.database.state import find
from runbook.drills import consent, paused_database
from runbook.drills.ending import EXITS, Report, drill_group, finish
from runbook.stack import load_target
from runbook.timeline import acted


@verb(
    paused_database.NAME,
    procedure="E3",
    example="drill paused-database --yes-really prod",
    exits=EXITS,
    within=drill_group,
)
def paused(
    yes_really: consent.YesReally = None,
    report: Report = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Pause the database's project, let the check see it and the doctor restore it."""
    target = load_target(stack)
    consent.demand(target, yes_really, "nobody can read or write meanwhile")
    tools = LiveTools(target, find(target), yes=True)
    drill = paused_database.run(tools, output.say if as_json else typer.echo)
    acted(target, f"drill {drill.name}: {drill.outcome} in {drill.seconds:.0f} s")
    finish(drill, report, as_json=as_json)

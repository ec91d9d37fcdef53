"""`runbook drill sold-out`: B5 elsewhere, planned."""

from __future__ import annotations

from pathlib import Path

import typer

from runbook import options, output
from runbook.app import verb
from runbook.drills import sold_out
from runbook.drills.ending import EXITS, Report, drill_group, finish
from runbook.drills.report import Drill
from runbook.kit.collect import Source
from runbook.stack import find_project, load_target


@verb(
    sold_out.NAME,
    procedure="B5",
    example="drill sold-out",
    exits=EXITS,
    within=drill_group,
)
def elsewhere(
    report: Report = None, stack: options.Stack = None, as_json: options.Json = False
) -> None:
    """Plan a fresh platform where the stack's own location has no server left; touches nothing."""
    target = load_target(stack)
    project = find_project(Path.cwd())
    source = Source(project, target.stack, target.dumps)
    drill = Drill(name=sold_out.NAME, stack=target.stack)
    say = output.say if as_json else typer.echo
    sold_out.SoldOut(drill, source.kit, project, say).run()
    finish(drill, report, as_json=as_json)

"""`runbook outage`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runbook import options, output, servers
from runbook.app import verb
from runbook.outage import Journal, Outage
from runbook.outage.live import LiveTools
from runbook.stack import find_project, load_target
from runbook.timeline import keep


@verb(
    "outage",
    procedure="E1",
    example="outage nutri-backend",
    exits="0 all is well (again), 1 still down, 2 nothing was done, or it was cut off",
)
def outage(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: options.Service,
    yes: options.Yes = False,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Restart again, though that was done in the last two hours."),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Go on though all is well from outside.")
    ] = False,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Lead through an outage: probe, containers, restart, probe again, logs, the way back.

    It looks anew each time; a restart of the last two hours is not repeated. A server that does not
    answer leads to `server revive`. Each step goes into the open incident.
    """
    target = load_target(stack)
    chosen = servers.find_service(target, service)
    folder = find_project(Path.cwd()) / ".local" / "runbook"
    journal = Journal.open(folder, target.stack, chosen.name, anew=anew)
    say = output.say if as_json else typer.echo
    tools = LiveTools(target, chosen, yes)
    sequence = Outage(
        tools, journal, say, lambda line: keep(target, f"outage {chosen.name}, {line}")
    )
    code = sequence.run(force=force)
    if as_json:
        steps = [one.model_dump(mode="json") for one in sequence.steps]
        output.print_json({"service": chosen.name, "well": not code, "steps": steps})
    raise typer.Exit(code)

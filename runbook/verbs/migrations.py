"""`runbook migrations ...`."""

from __future__ import annotations

from typing import Annotated

import typer

from common.errors import OperatorError
from runbook import logs, migrations, options, output, servers
from runbook.app import group, verb
from runbook.stack import load_target

migrations_group = group("migrations", "The database's migrations, as the running image sees them.")


@verb(
    "status",
    procedure="Q1, M3",
    example="migrations status",
    exits="0 up to date, 1 pending, failed or diverged, 2 it could not be told",
    within=migrations_group,
)
def status(
    service: Annotated[
        str, typer.Option("--service", help="The service whose image holds them.")
    ] = "nutri-backend",
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Tell which migrations the database has not had, by Prisma in a running container."""
    target = load_target(stack)
    chosen = servers.find_service(target, service)
    with servers.connect_all(target) as clients, output.busy("asking Prisma"):
        running = [one for one in logs.find_sources(clients, chosen) if one.container.runs]
        if not running:
            raise OperatorError(f"no container of {service} runs; `runbook status`")
        source = running[0]
        found = migrations.ask(source.client, source.container.id, source.container.image)
    if as_json:
        output.print_json({"state": found.state.value, "migrations": found.names})
    else:
        typer.echo(str(found))
    raise typer.Exit(int(found.state is not migrations.State.UP_TO_DATE))

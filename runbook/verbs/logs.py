"""`runbook logs`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import OperatorError
from runbook import logs, options, servers
from runbook.app import verb
from runbook.stack import load_target

if TYPE_CHECKING:
    from checks.logs import LogLine


@verb("logs", procedure="D2, E1", example="logs nutri-backend --since 1h --grep timeout -t")
def show_logs(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: Annotated[str | None, options.maybe_service("every service")] = None,
    lines: Annotated[
        int | None,
        typer.Option(
            "--lines", "-n", min=0, help="How many of each replica. Default: 100; all with --since."
        ),
    ] = None,
    since: Annotated[
        str | None, typer.Option("--since", help="As in 15m, 1h, 2d, or an ISO timestamp.")
    ] = None,
    until: Annotated[
        str | None, typer.Option("--until", help="As in 5m (ago), or an ISO timestamp.")
    ] = None,
    grep: Annotated[
        str | None, typer.Option("--grep", "-g", help="Only lines that match this regex.")
    ] = None,
    request: Annotated[
        str | None,
        typer.Option("--request-id", help="Only lines of this request, of the last day."),
    ] = None,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    timestamps: Annotated[
        bool, typer.Option("--timestamps", "-t", help="Show Docker's timestamps.")
    ] = False,
    errors: Annotated[bool, typer.Option("--errors", "-e", help="Only error lines.")] = False,
    probes: Annotated[
        bool, typer.Option("--probes", help="Show the lines of health checks too.")
    ] = False,
    stack: options.Stack = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON object a line: time, replica, text.")
    ] = False,
) -> None:
    """Show the log lines of a service, or of all, merged over all replicas."""
    if follow and until:
        raise OperatorError("--follow waits for lines to come, so --until cannot be beside it")
    wanted = logs.matching(grep, errors=errors, request=request)
    which = logs.extent(lines, since, until, request, probes=probes)
    target = load_target(stack)
    chosen = [servers.find_service(target, service)] if service else target.services
    with servers.connect_all(target) as clients:
        sources = logs.find_all(clients, chosen)
        found = logs.follow(sources, which) if follow else logs.last_lines(sources, which)
        for line in filter(wanted, found):
            typer.echo(_as_json(line) if as_json else _as_text(line, timestamps=timestamps))


def _as_json(line: LogLine) -> str:
    return json.dumps({"time": line.time, "replica": line.replica, "text": line.text})


def _as_text(line: LogLine, *, timestamps: bool) -> str:
    when = f"{line.time} " if timestamps else ""
    return f"{line.replica} | {when}{line.shown}"

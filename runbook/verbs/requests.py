"""`runbook requests`."""

from __future__ import annotations

from typing import Annotated

import typer

from common import duration
from runbook import logs, options, output, requests, servers
from runbook.app import verb
from runbook.stack import load_target


@verb("requests", procedure="D4", example="requests nutri-backend --since 1h --slow 1000")
def show_requests(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: Annotated[str | None, options.maybe_service("every service")] = None,
    since: Annotated[str, typer.Option("--since", help="As in 15m, 1h, 1d.")] = "1h",
    slow: Annotated[
        float | None,
        typer.Option("--slow", min=0, help="Milliseconds from which a request is slow."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=0, help="How many slow ones to list.")] = 10,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Count the requests in the logs: rate, status, percentiles, the slowest."""
    seconds = duration.seconds(since)
    target = load_target(stack)
    slow_ms = target.expectations.slow_request_ms if slow is None else slow
    chosen = [servers.find_service(target, service)] if service else target.services
    with servers.connect_all(target) as clients:
        found = [
            (one, requests.collect(one, logs.find_sources(clients, one), seconds)) for one in chosen
        ]
    if as_json:
        told = [requests.as_json(one, seen, slow_ms, top) for one, seen in found]
        output.print_json({"services": told})
        return
    for one, seen in found:
        for line in requests.lines(one, seen, slow_ms, top):
            typer.echo(line)

"""`runbook monitor`."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from common import duration
from common.errors import OperatorError
from runbook import options, output, servers
from runbook.app import verb
from runbook.monitor import MAX_RATE, MAX_SECONDS, Only, session, text
from runbook.monitor.schedule import checked_rate
from runbook.stack import load_target
from runbook.timeline import keep

if TYPE_CHECKING:
    from runbook.monitor import Report

_EXITS = "0 no request failed, 1 one did (or the command of --during), 2 a mistake, or no start"


@verb(
    "monitor",
    procedure="M2, E1",
    example='monitor nutri-backend --during "pulumi up --yes"',
    exits=_EXITS,
)
def monitor(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: Annotated[str | None, options.maybe_service("all, sharing the rate")] = None,
    rate: Annotated[
        float, typer.Option("--rate", help=f"Requests a second, at most {MAX_RATE}.")
    ] = 50,
    length: Annotated[
        str | None, typer.Option("--duration", help="As in 90s, 5m. Default: 60s; 1h at most.")
    ] = None,
    until_interrupted: Annotated[
        bool, typer.Option("--until-interrupted", help="Until Ctrl-C, or an hour has passed.")
    ] = False,
    path: Annotated[
        str | None, typer.Option("--path", help="Ask for this path instead of the usual ones.")
    ] = None,
    method: Annotated[
        str | None, typer.Option("--method", help="With --path: GET, POST, PUT, ...")
    ] = None,
    during: Annotated[
        str | None,
        typer.Option("--during", help="Run this command meanwhile, and tell its time apart."),
    ] = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Send requests at a constant rate, and tell which failed: that a deploy drops none.

    A running incident gets the number of failed requests.
    """
    seconds = _seconds(length, until_interrupted=until_interrupted, during=during)
    command = tuple(shlex.split(during)) if during else ()
    checked_rate(rate)
    target = load_target(stack)
    chosen = [servers.find_service(target, service)] if service else list(target.public)
    planned = session.Session(target, chosen, rate, seconds, command, _only(method, path))
    output.say(f"{rate:g} requests a second to {', '.join(one.url for one in chosen)}")
    done = session.run(planned, output.say)
    reports = [one.report() for one in done.monitors]
    _print(reports, as_json=as_json)
    for report in reports:
        kinds = f" ({', '.join(report.kinds)})" if report.kinds else ""
        counted = f"{report.failed} of {report.requests} requests to {report.service} failed"
        keep(target, f"monitor: {counted}{kinds}", failed_requests=report.failed)
    if done.code:
        output.say(f"the command ended with code {done.code}")
    raise typer.Exit(int(bool(done.code) or any(one.failed for one in done.monitors)))


def _only(method: str | None, path: str | None) -> Only | None:
    if path is None:
        if method is not None:
            raise OperatorError(f"--method {method} needs a path: --path /api/auth/login")
        return None
    chosen = (method or "GET").upper()
    if not path.startswith("/") or not chosen.isalpha():
        raise OperatorError(f"{chosen} {path}: right would be --method POST --path /api/auth/login")
    return Only(chosen, path)


def _seconds(length: str | None, *, until_interrupted: bool, during: str | None) -> float:
    if sum(map(bool, (length, until_interrupted, during))) > 1:
        raise OperatorError("--duration, --until-interrupted and --during: give one of them")
    if until_interrupted or during:
        return MAX_SECONDS
    found = duration.seconds(length or "60s")
    if found > MAX_SECONDS:
        raise OperatorError(f"--duration {length}: {duration.spoken(MAX_SECONDS)} at most")
    return found


def _print(reports: list[Report], *, as_json: bool) -> None:
    if as_json:
        output.print_json({"services": [report.as_json() for report in reports]})
        return
    for report in reports:
        for line in text.lines(report):
            typer.echo(line)

"""`runbook restart`."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import checks
from runbook import options, output, rolling_restart, servers, show
from runbook.app import verb
from runbook.stack import load_target
from runbook.timeline import acting

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target
    from runbook.rolling_restart import Restarted

_CHECKS = ("containers", "health", "spread")
_SETTLE_SECONDS = 60.0
_EXITS = "0 restarted and healthy, 1 restarted but a check is not green, 2 it could not be done"


@verb("restart", procedure="Q1, E1", example="restart nutri-backend", exits=_EXITS)
def restart(
    service: options.Service,
    hard: Annotated[
        bool, typer.Option("--hard", help="By Docker alone, when Coolify is down; with a gap.")
    ] = False,
    stack: options.Stack = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Restart the replicas of a service one after another, each waited for; then check it."""
    target = load_target(stack)
    chosen = servers.find_service(target, service)
    output.confirm(rolling_restart.question(chosen, hard=hard), yes=yes)
    done: list[Restarted] = []
    how = "by Docker" if hard else "through Coolify"
    way = by_docker if hard else by_coolify
    with acting(target, f"restarted {chosen.name} {how}", chosen.name) as act:
        with way(target, chosen) as restarted:
            for one in restarted:
                output.say(f"{one.replica} is healthy again after {one.seconds:.0f} s")
                done.append(one)
        act.what += f": {output.counted(len(done), 'replica')}"
    report = check(target, chosen)
    if as_json:
        output.print_json({"restarted": [vars(one) for one in done]} | report.as_json())
    else:
        show.show_report(report, Console())
    raise typer.Exit(min(report.exit_code, 1))


@contextlib.contextmanager
def by_coolify(target: Target, service: ServiceTarget) -> Iterator[Iterator[Restarted]]:
    """The restarts through Coolify's API, as they are done."""
    with (
        servers.connect_all(target) as clients,
        rolling_restart.coolify_over(clients[0], target.coolify) as api,
    ):
        yield rolling_restart.restart(service, clients, api, output.waiting)


@contextlib.contextmanager
def by_docker(target: Target, service: ServiceTarget) -> Iterator[Iterator[Restarted]]:
    """The restarts by Docker, as they are done."""
    with servers.connect_all(target) as clients:
        yield rolling_restart.restart_hard(service, clients, output.waiting)


def check(target: Target, service: ServiceTarget) -> checks.Report:
    """What the checks say of one service afterwards; they may take a moment to settle."""
    only = {(name, service.name) for name in _CHECKS}
    return checks.verify(target, _CHECKS, only=only, settle=service.patience(_SETTLE_SECONDS))

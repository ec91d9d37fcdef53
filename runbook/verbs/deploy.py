"""`runbook deploy`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import OperatorError
from runbook import interrupted, options, output, servers
from runbook.app import verb
from runbook.deploy import Outcome, Rollout, before, require_tag, roll_out
from runbook.monitor import MAX_RATE, text
from runbook.monitor.schedule import checked_rate
from runbook.stack import find_project, load_target
from runbook.timeline import acting
from runbook.updates import Updates

if TYPE_CHECKING:
    from common.target import ServiceTarget

_EXITS = (
    "0 the tag is served and no request was dropped, 1 one was, or the update failed, "
    "2 a mistake, or nothing was done"
)


@verb("deploy", procedure="M2", example="deploy nutri-backend good-2", exits=_EXITS)
def deploy(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: options.Service,
    tag: Annotated[str, typer.Argument(metavar="TAG", help="As the registry has it.")],
    requests: Annotated[
        int, typer.Option("--requests", min=1, help="Watch at least so many requests.")
    ] = 1000,
    rate: Annotated[
        float, typer.Option("--rate", help=f"Requests a second, at most {MAX_RATE}.")
    ] = 50,
    stack: options.Stack = None,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Bring another image tag into service, and prove that no request was dropped meanwhile."""
    checked_rate(rate)
    updates = Updates(find_project(Path.cwd()), stack, verbose)
    target = load_target(stack)
    chosen = servers.find_service(target, service)
    if not chosen.tag_setting:
        raise OperatorError("the stack's outputs do not tell the setting of the tag: `pulumi up`")
    require_tag(target, chosen, tag)
    left = updates.value(chosen.tag_setting) or chosen.tag
    against = before.look(target, chosen)
    output.ask(before.question(chosen, f"goes from {left} to {tag}", against), yes=yes)
    rollout = Rollout(target, chosen, tag, left, requests, rate)
    with acting(target, f"deployed {chosen.name} from {left} to {tag}", chosen.name) as act:
        done = roll_out(rollout, updates, output.say)
        act.what = f"deployed {chosen.name}: {_said(done)}"
        act.result = act.result if done.updated else "failed"
    _print(done, as_json=as_json)
    if not as_json:
        _end(done, servers.find_service(load_target(stack), chosen.name), updates)
    raise typer.Exit(int(not done.is_good))


def _print(done: Outcome, *, as_json: bool) -> None:
    if as_json:
        output.print_json(done.as_json())
        return
    for line in text.lines(done.report):
        typer.echo(line)
    typer.echo(_said(done))


def _end(done: Outcome, service: ServiceTarget, updates: Updates) -> None:
    """What serves, whether it stays, and what to type next."""
    configured = updates.value(service.tag_setting) or service.tag
    target = done.rollout.target
    for line in interrupted.standing(target, service, configured):
        typer.echo(line)
    if done.updated:
        typer.echo(f"next: `runbook status`; the way back: `runbook rollback {service.name}`")
    elif done.went_back:
        typer.echo(f"next: `runbook logs {service.name} --errors`, then another tag")
    else:
        typer.echo("next: `runbook diagnose`")


def _said(done: Outcome) -> str:
    from_to = f"from {done.rollout.left} to {done.rollout.tag}"
    count = output.counted(done.report.requests, "request")
    if done.updated:
        return f"{from_to}: {done.report.failed} of {count} dropped"
    back = "all replicas are back" if done.went_back else "GOING BACK FAILED TOO, see above"
    return f"{from_to}: the update failed, {back}; {done.report.failed} of {count} dropped"

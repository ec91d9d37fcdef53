"""`runbook scale`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

import checks
from common.errors import OperatorError
from runbook import options, output, servers, show
from runbook.app import verb
from runbook.stack import find_project, load_target
from runbook.timeline import acting
from runbook.updates import Updates

_CHECKS = ("containers", "health", "spread")
_MOST = 20
_EXITS = "0 as many replicas serve, 1 they do not, or the update failed, 2 nothing was done"


@verb("scale", procedure="S2", example="scale nutri-backend 3", exits=_EXITS)
def scale(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: options.Service,
    replicas: Annotated[
        int, typer.Argument(metavar="N", min=1, max=_MOST, help="How many replicas.")
    ],
    stack: options.Stack = None,
    yes: options.Yes = False,
    verbose: options.Verbose = False,
    as_json: options.Json = False,
) -> None:
    """Set how many replicas of a service run, and prove that they serve; the config keeps it."""
    updates = Updates(find_project(Path.cwd()), stack, verbose)
    target = load_target(stack)
    chosen = servers.find_service(target, service)
    setting = _setting(chosen.tag_setting)
    output.confirm(f"{chosen.name} goes from {chosen.replicas} to {replicas}. Go on?", yes=yes)
    what = f"scaled {chosen.name} from {chosen.replicas} to {replicas}"
    with acting(target, what, chosen.name):
        updates.set_values({setting: str(replicas)})
        output.say(f"{setting} is {replicas} now; `pulumi up` brings it about:")
        if not updates.up():
            raise OperatorError(
                f"the update failed; {setting} stays {replicas}: `pulumi up` goes on"
            )
    only = {(name, chosen.name) for name in _CHECKS}
    report = checks.verify(load_target(stack), _CHECKS, only=only)
    if as_json:
        output.print_json(report.as_json())
    else:
        show.show_report(report, Console())
    raise typer.Exit(min(report.exit_code, 1))


def _setting(of_tag: str) -> str:
    """Return the config path of the replicas, which is beside that of the tag."""
    if not of_tag:
        raise OperatorError("the stack's outputs do not tell the service's settings: `pulumi up`")
    return f"{of_tag.rpartition('.')[0]}.replicas"

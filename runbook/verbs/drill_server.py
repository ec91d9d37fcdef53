"""`runbook drill frozen-server|full-disk`: E4 and D3, drilled."""

from __future__ import annotations

import typer

from clients import hetzner
from runbook import options, output, servers
from runbook.app import verb
from runbook.drills.ending import EXITS, Report, drill_group, finish
from runbook.drills.report import Drill
from runbook.drills.server import ServerDrill
from runbook.revive.live import LiveTools
from runbook.stack import load_target


@verb(
    "frozen-server", procedure="E4", example="drill frozen-server", exits=EXITS, within=drill_group
)
def frozen_server(
    report: Report = None,
    stack: options.Stack = None,
    server: options.Server = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Stop every process of a server, and bring it back; the app is down meanwhile."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    output.confirm(f"Everything on {chosen.name} is going to stand still. Go on?", yes=yes)
    drill = Drill(name="frozen-server", stack=target.stack)
    say = output.say if as_json else typer.echo
    with hetzner.connect(target, output.waiting) as api:
        ServerDrill(drill, target, chosen, say).frozen(LiveTools(target, chosen, api))
    finish(drill, report, as_json=as_json)


@verb("full-disk", procedure="D3, Q1", example="drill full-disk", exits=EXITS, within=drill_group)
def full_disk(
    report: Report = None,
    stack: options.Stack = None,
    server: options.Server = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Fill a small file system of a server, see it, prune Docker and free it; nobody notices."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    output.confirm(f"A small file system on {chosen.name} is going to be filled. Go on?", yes=yes)
    drill = Drill(name="full-disk", stack=target.stack)
    ServerDrill(drill, target, chosen, output.say if as_json else typer.echo).full_disk()
    finish(drill, report, as_json=as_json)

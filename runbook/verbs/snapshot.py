"""`runbook snapshot ...`: B1."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from clients import hetzner
from runbook import options, output, servers, snapshots
from runbook.app import group, verb
from runbook.stack import load_target
from runbook.timeline import acted

snapshot_group = group("snapshot", "Snapshots of a server, and its backups.")


@verb(
    "create", procedure="B1", example="snapshot create --name before-resize", within=snapshot_group
)
def create(
    name: Annotated[
        str | None, typer.Option("--name", help="Its description. Default: server and time.")
    ] = None,
    stack: options.Stack = None,
    server: options.Server = None,
    as_json: options.Json = False,
) -> None:
    """Keep the disk of a server as a snapshot; the server runs on. It costs by its size."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    with hetzner.connect(target, output.waiting) as api, output.busy(f"snapshot of {chosen.name}"):
        image = snapshots.create(api, target, chosen, name)
    acted(target, f"snapshot {image.id} of {chosen.name}: {image.description}")
    if as_json:
        output.print_json(json.loads(image.model_dump_json()))
    else:
        typer.echo("\n".join(snapshots.lines([image], api.now)))


@verb("list", procedure="B1", example="snapshot list", within=snapshot_group)
def list_(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """List the snapshots and backups of the stack's servers, the newest first, with their age."""
    target = load_target(stack)
    with hetzner.connect(target) as api:
        found = snapshots.of(api, target)
    if as_json:
        listed = [json.loads(image.model_dump_json()) for image in reversed(found)]
        output.print_json({"snapshots": listed})
        return
    for line in snapshots.lines(found, api.now) if found else ["there are none yet"]:
        typer.echo(line)

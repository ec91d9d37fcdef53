"""`runbook docker ...`: Q1."""

from __future__ import annotations

from typing import Annotated

import typer

from runbook import docker, options, output, pruning, servers
from runbook.app import group, verb
from runbook.stack import load_target
from runbook.timeline import acted

docker_group = group("docker", "A server's Docker: list, prune, restart the daemon.")


@verb("list", procedure="Q1", example="docker list", within=docker_group)
def list_(
    stack: options.Stack = None, server: options.Server = None, as_json: options.Json = False
) -> None:
    """List every container of a server, those that are not well first."""
    target = load_target(stack)
    with servers.connect(servers.find_server(target, server)) as client:
        found = docker.containers(client)
    if as_json:
        output.print_json({"containers": [one.model_dump() for one in found]})
        return
    for line in docker.lines(found, target):
        typer.echo(line)


@verb("prune", procedure="Q1, D3", example="docker prune --yes", within=docker_group)
def prune(
    images: Annotated[
        bool, typer.Option("--images", help="Also unused images older than a week.")
    ] = False,
    stack: options.Stack = None,
    server: options.Server = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Free the space of stopped containers, dangling images and build cache older than an hour."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    more = " and unused images, which a rollback then pulls again" if images else ""
    output.confirm(f"Remove stopped containers, dangling images{more} on {chosen.name}?", yes=yes)
    with servers.connect(chosen) as client, output.busy("pruning"):
        freed = pruning.prune(client, images=images)
    acted(target, f"pruned Docker on {chosen.name}: {freed.space} freed")
    if as_json:
        steps = {one.what: one.space for one in freed.steps}
        output.print_json({"server": chosen.name, "freed": freed.space, "steps": steps})
        return
    typer.echo(f"{chosen.name}: {freed.space} freed")
    for one in freed.steps:
        typer.echo(f"  {one}")


@verb("restart", procedure="Q1", example="docker restart --yes", within=docker_group)
def restart(
    stack: options.Stack = None,
    server: options.Server = None,
    yes: options.Yes = False,
    as_json: options.Json = False,
) -> None:
    """Restart the Docker daemon, and wait until every container is well again; with a gap."""
    target = load_target(stack)
    chosen = servers.find_server(target, server)
    output.confirm(f"Every container of {chosen.name} is down for a moment. Go on?", yes=yes)
    with servers.connect(chosen) as client:
        back = docker.restart_daemon(client, output.waiting)
    acted(target, f"restarted the Docker daemon of {chosen.name}: {len(back)} containers are back")
    if as_json:
        output.print_json({"server": chosen.name, "containers": back})
    else:
        typer.echo(
            f"{chosen.name}: Docker restarted, {output.counted(len(back), 'container')} well again"
        )

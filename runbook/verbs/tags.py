"""`runbook tags`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from clients.registry import Registry, through
from common.errors import OperatorError
from runbook import options, output, servers, tags
from runbook.app import verb
from runbook.stack import find_project, load_target
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from clients.ssh import SshClient
    from common.target import ServiceTarget, Target
    from common.verified import Verified


@verb("tags", procedure="E2", example="tags nutri-backend")
def show_tags(
    service: Annotated[str | None, options.maybe_service("all")] = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """List the image tags of a service: built when, to be had where, running, verified good."""
    target = load_target(stack)
    chosen = [servers.find_service(target, service)] if service else list(target.services)
    good = Updates(find_project(Path.cwd()), stack).verified()
    with servers.connect_all(target) as clients:
        found = {one.name: find(target, one, clients, good) for one in chosen}
    if as_json:
        output.print_json(
            {name: [tags.as_json(tag) for tag in rows] for name, rows in found.items()}
        )
        return
    for one in chosen:
        for line in tags.lines(one, found[one.name]):
            typer.echo(line)


def find(
    target: Target, service: ServiceTarget, clients: Sequence[SshClient], good: Verified
) -> tuple[tags.Tag, ...]:
    """What is known of a service's tags; without the registry where that does not answer."""
    verified = good.get(service.name, ())
    running = tags.running(clients, service)
    wanted = {service.tag, *running, *(one.tag for one in verified)}
    found = tags.Found(
        registry=_in_registry(target, service, clients[0], wanted),
        servers={
            server.name: tags.on_server(client, service.image)
            for server, client in zip(target.servers, clients, strict=True)
        },
        running=running,
    )
    return tags.merged(service, found, verified)


def _in_registry(
    target: Target, service: ServiceTarget, client: SshClient, wanted: set[str]
) -> dict[str, datetime | None]:
    try:
        with through(client, target.vantage.ca_bundle) as connect:
            return tags.in_registry(Registry(service.image, target.registry, connect), wanted)
    except OperatorError as error:
        output.say(f"without the registry: {error}")
        return {}

"""The way into a container of a service."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from checks.containers import LIST_CONTAINERS, parse_containers
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks.containers import Container
    from clients.ssh import SshClient
    from common.target import ServiceTarget

_SHELL = "command -v bash >/dev/null && exec bash || exec sh"


def find(
    service: ServiceTarget, number: int, clients: Sequence[SshClient]
) -> tuple[SshClient, Container]:
    """Return the newest running container of a replica, and the way to its server.

    Raises:
        OperatorError: none runs.
    """
    application = service.applications[number - 1]
    for client in clients:
        for one in parse_containers(client.run(LIST_CONTAINERS).stdout):
            if one.application == application and one.runs:
                return client, one
    raise OperatorError(
        f"replica {number} of {service.name} does not run: `runbook outage {service.name}`"
    )


def command(container: Container, words: Sequence[str], *, terminal: bool) -> str:
    """Return the command line that runs words, or a shell, in a container."""
    options = "-it" if terminal else "-i"
    inner = shlex.join(words) if words else f"sh -c {shlex.quote(_SHELL)}"
    return f"docker exec {options} {container.name} {inner}"

"""The way to the servers of a stack, and finding its parts by name."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from common.errors import OperatorError
from common.ssh import SshClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServerTarget, ServiceTarget, Target


def find_server(target: Target, name: str | None) -> ServerTarget:
    """A server by its name; the first one when no name is given.

    Raises:
        OperatorError: when the stack has none of that name.
    """
    if name is None:
        return target.servers[0]
    for server in target.servers:
        if server.name == name:
            return server
    known = ", ".join(server.name for server in target.servers)
    raise OperatorError(f"no such server: {name}. This stack has: {known}")


def find_service(target: Target, name: str) -> ServiceTarget:
    """A service by its name.

    Raises:
        OperatorError: when the stack has none of that name.
    """
    for service in target.services:
        if service.name == name:
            return service
    known = ", ".join(service.name for service in target.services)
    raise OperatorError(f"no such service: {name}. This stack has: {known}")


@contextlib.contextmanager
def connect(server: ServerTarget) -> Iterator[SshClient]:
    """An SSH client of one server."""
    with SshClient(server.ssh) as client:
        yield client


@contextlib.contextmanager
def connect_all(target: Target) -> Iterator[list[SshClient]]:
    """An SSH client of each server, in order."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(connect(server)) for server in target.servers]

"""The way to the servers of a stack, and finding its parts by name."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from clients.ssh import SshClient
from common.errors import OperatorError
from runbook.nearest import pick

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import ServerTarget, ServiceTarget, Target

_ASK_SECONDS = 20.0


def find_server(target: Target, name: str | None) -> ServerTarget:
    """A server by its name; the first one when no name is given.

    Raises:
        OperatorError: when the stack has none of that name.
    """
    if name is None:
        return target.servers[0]
    names = [server.name for server in target.servers]
    return target.servers[names.index(pick(name, names, "server"))]


def find_service(target: Target, name: str) -> ServiceTarget:
    """A service by its name, or by any part of it that no other has.

    Raises:
        OperatorError: when the stack has none of that name.
    """
    names = [service.name for service in target.services]
    return target.services[names.index(pick(name, names, "service"))]


def find_replica(target: Target, name: str) -> tuple[ServiceTarget, int]:
    """A replica by its name, `nutri-backend-2`; the first one when it is that of a service.

    Returns:
        The service, and the replica's number from 1.

    Raises:
        OperatorError: when there is no such service, or no such replica of it.
    """
    word, _, last = name.rpartition("-")
    if not (word and last.isdigit()) or name in {one.name for one in target.services}:
        return find_service(target, name), 1
    service, number = find_service(target, word), int(last)
    if not 1 <= number <= service.replicas:
        raise OperatorError(
            f"{service.name} has no replica {number}: there are {service.replicas}, from 1 on"
        )
    return service, number


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


def ask_each(
    target: Target, command: str, text: str, lost: Callable[[ServerTarget, OperatorError], None]
) -> list[str]:
    """Run a command on each server side by side; what it prints, in the servers' order.

    Args:
        target: the stack.
        command: what is run, within 20 s.
        text: its standard input.
        lost: told of a server that cannot be asked, which then counts as one that prints nothing.
    """

    def run(server: ServerTarget) -> str:
        try:
            with connect(server) as client:
                return client.run(command, stdin=text, timeout=_ASK_SECONDS).stdout
        except OperatorError as error:
            lost(server, error)
            return ""

    with ThreadPoolExecutor(len(target.servers)) as pool:
        return list(pool.map(run, target.servers))

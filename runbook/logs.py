"""D2: the log lines of a service, over all its replicas and servers."""

from __future__ import annotations

import queue
import re
import threading
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from checks.containers import LIST_CONTAINERS, Container, parse_containers
from checks.logs import LogLine, logs_command, parse_line, replica_name
from common import duration
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from common.ssh import SshClient
    from common.target import ServiceTarget

DEFAULT_LINES = 100


@dataclass(frozen=True)
class Source:
    """A container and the way to its server."""

    client: SshClient
    container: Container
    replica: str


@dataclass(frozen=True)
class Extent:
    """Which lines of each replica: the last `tail` (None: all) of those since `since`."""

    tail: int | None = DEFAULT_LINES
    since: str | None = None


def extent(lines: int | None, since: str | None) -> Extent:
    """What --lines and --since mean together: the last 100 unless either says otherwise.

    Raises:
        OperatorError: when `since` is neither a length of time nor a timestamp.
    """
    if since is None:
        return Extent(DEFAULT_LINES if lines is None else lines)
    return Extent(lines, _moment(since))


def matching(pattern: str | None, *, errors: bool) -> Callable[[LogLine], bool]:
    """A test for lines: those with the pattern, and with `errors` only those that tell one.

    Raises:
        OperatorError: when the pattern is no regular expression.
    """
    try:
        wanted = re.compile(pattern or "")
    except re.error as error:
        raise OperatorError(f"--grep {pattern!r} is no regular expression: {error}") from error
    return lambda line: bool(wanted.search(line.text)) and (line.is_error or not errors)


def find_sources(clients: Sequence[SshClient], service: ServiceTarget) -> list[Source]:
    """The service's containers, running or not, named by replica: 'nutri-backend-1'.

    Raises:
        OperatorError: when there is none, or a server cannot be asked.
    """
    sources = [
        Source(client, container, replica_name(service, container))
        for client in clients
        for container in parse_containers(client.run(LIST_CONTAINERS).stdout)
        if container.application in service.applications
    ]
    if not sources:
        raise OperatorError(
            f"{service.name} has no container on any server; `runbook check containers`"
        )
    return sorted(sources, key=lambda source: source.replica)


def last_lines(sources: Sequence[Source], which: Extent) -> list[LogLine]:
    """The lines of each source, merged in the order of time."""
    lines = [line for source in sources for line in _lines(source, which, follow=False)]
    return sorted(lines, key=lambda line: line.time)


def follow(sources: Sequence[Source], which: Extent) -> Iterator[LogLine]:
    """Lines as they come, until every container has stopped.

    Raises:
        SshError: when a connection breaks.
    """
    arrived: queue.SimpleQueue[LogLine | Exception | None] = queue.SimpleQueue()
    for source in sources:
        threading.Thread(target=_pump, args=(source, which, arrived), daemon=True).start()
    running = len(sources)
    while running:
        item = arrived.get()
        if isinstance(item, LogLine):
            yield item
        elif item is None:
            running -= 1
        else:
            raise item


def _pump(
    source: Source, which: Extent, arrived: queue.SimpleQueue[LogLine | Exception | None]
) -> None:
    try:
        for line in _lines(source, which, follow=True):
            arrived.put(line)
        arrived.put(None)
    except Exception as error:  # noqa: BLE001 - raised again by the reader
        arrived.put(error)


def _lines(source: Source, which: Extent, *, follow: bool) -> Iterator[LogLine]:
    command = logs_command(source.container.id, tail=which.tail, since=which.since, follow=follow)
    for line in source.client.stream(command):
        yield parse_line(source.replica, line)


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        return f"{duration.seconds(text)}s"

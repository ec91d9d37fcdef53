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
from checks.traffic import tells_probe
from common import duration
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from clients.ssh import SshClient
    from common.target import ServiceTarget

DEFAULT_LINES = 100
_PROBES_EACH = 20
"""So many probes are read away for each line that is wanted: of 200 lines 190 were probes."""
_OF_A_REQUEST = "86400s"
"""How far back the lines of one request are looked for."""


@dataclass(frozen=True)
class Source:
    """A container and the way to its server."""

    client: SshClient
    container: Container
    replica: str
    service: ServiceTarget


@dataclass(frozen=True)
class Extent:
    """Which lines of each replica: the last `tail` (None: all) from `since` up to `until`."""

    tail: int | None = DEFAULT_LINES
    since: str | None = None
    until: str | None = None
    probes: bool = True

    @property
    def read(self) -> int | None:
        """How many lines to read so that `tail` are left without probes."""
        return self.tail if self.probes or self.tail is None else self.tail * _PROBES_EACH


def extent(
    lines: int | None,
    since: str | None,
    until: str | None = None,
    request: str | None = None,
    *,
    probes: bool = True,
) -> Extent:
    """What the options mean together: the last 100 lines unless one says otherwise.

    Raises:
        OperatorError: when `since` or `until` is neither a length of time nor a timestamp.
    """
    end = None if until is None else _moment(until)
    start = _OF_A_REQUEST if since is None and request else since and _moment(since)
    every = bool(start)
    return Extent(DEFAULT_LINES if lines is None and not every else lines, start, end, probes)


def matching(
    pattern: str | None, *, errors: bool, request: str | None = None
) -> Callable[[LogLine], bool]:
    """A test for lines: with the pattern, of the request, and with `errors` those that tell one.

    Raises:
        OperatorError: when the pattern is no regular expression.
    """
    try:
        wanted = re.compile(pattern or "")
    except re.error as error:
        raise OperatorError(f"--grep {pattern!r} is no regular expression: {error}") from error
    of_request = re.compile(rf"(?<![\w-]){re.escape(request)}(?![\w-])" if request else "")
    return lambda line: (
        bool(wanted.search(line.text) and of_request.search(line.text))
        and (line.is_error or not errors)
    )


def find_all(clients: Sequence[SshClient], services: Sequence[ServiceTarget]) -> list[Source]:
    """The containers of several services; one of them may have none.

    Raises:
        OperatorError: when none of them has any, or a server cannot be asked.
    """
    sources, missing = [], []
    for service in services:
        try:
            sources += find_sources(clients, service)
        except NoContainerError as error:
            missing.append(error)
    if not sources and missing:
        raise missing[0]
    return sources


class NoContainerError(OperatorError):
    """A service has no container at all."""


def find_sources(clients: Sequence[SshClient], service: ServiceTarget) -> list[Source]:
    """The service's containers, running or not, named by replica: 'nutri-backend-1'.

    Raises:
        NoContainerError: when there is none.
        OperatorError: when a server cannot be asked.
    """
    sources = [
        Source(client, container, replica_name(service, container), service)
        for client in clients
        for container in parse_containers(client.run(LIST_CONTAINERS).stdout)
        if container.application in service.applications
    ]
    if not sources:
        raise NoContainerError(
            f"{service.name} has no container on any server; `runbook check containers`"
        )
    return sorted(sources, key=lambda source: source.replica)


def last_lines(sources: Sequence[Source], which: Extent) -> list[LogLine]:
    """The lines of each source, merged in the order of time."""
    lines = [line for source in sources for line in _last(source, which)]
    return sorted(lines, key=lambda line: line.time)


def _last(source: Source, which: Extent) -> list[LogLine]:
    found = list(_lines(source, which, tail=which.read))
    return found if which.tail is None else found[max(0, len(found) - which.tail) :]


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
        for line in _lines(source, which, tail=which.tail, follow=True):
            arrived.put(line)
        arrived.put(None)
    except Exception as error:  # noqa: BLE001 - raised again by the reader
        arrived.put(error)


def _lines(
    source: Source, which: Extent, *, tail: int | None, follow: bool = False
) -> Iterator[LogLine]:
    command = logs_command(
        source.container.id, tail=tail, since=which.since, until=which.until, follow=follow
    )
    for text in source.client.stream(command):
        line = parse_line(source.replica, text)
        if which.probes or not tells_probe(source.service, line):
            yield line


def _moment(text: str) -> str:
    try:
        return datetime.fromisoformat(text).astimezone().isoformat()
    except ValueError:
        return f"{duration.seconds(text)}s"

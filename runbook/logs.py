"""D2: the log lines of a service, over all its replicas and servers."""

from __future__ import annotations

import json
import queue
import re
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING

from checks.containers import LIST_CONTAINERS, Container, parse_containers
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from common.ssh import SshClient
    from common.target import ServiceTarget, Target


_ERROR_LEVELS = frozenset({"error", "critical", "fatal", "alert", "emergency"})
_ERROR_WORDS = re.compile(r"(error|exception|traceback|fatal|panic)\b", re.IGNORECASE)
_PINO_ERROR = 50  # the level of an error in the logger pino, where trace is 10 and fatal is 60
_SERVER_ERROR = 500


@dataclass(frozen=True, order=True)
class LogLine:
    """One line; `time` is Docker's RFC 3339 timestamp, which sorts as text."""

    time: str
    replica: str
    text: str


@dataclass(frozen=True)
class Source:
    """A container and the way to its server."""

    client: SshClient
    container: Container
    replica: str


def is_error(text: str) -> bool:
    """Whether a line tells of an error: by its level or HTTP status, or by its words if no JSON."""
    try:
        fields = json.loads(text)
    except ValueError:
        return bool(_ERROR_WORDS.search(text))
    if not isinstance(fields, dict):
        return False
    level, status = fields.get("level"), fields.get("status")
    if isinstance(level, int) and level >= _PINO_ERROR:
        return True
    if isinstance(level, str) and level.lower() in _ERROR_LEVELS:
        return True
    return isinstance(status, int) and status >= _SERVER_ERROR


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


def find_sources(clients: Sequence[SshClient], service: ServiceTarget) -> list[Source]:
    """The service's containers, running or not, named by replica: 'nutri-backend-1'.

    Raises:
        OperatorError: when there is none, or a server cannot be asked.
    """
    sources = [
        Source(client, container, _replica(service, container))
        for client in clients
        for container in parse_containers(client.run(LIST_CONTAINERS).stdout)
        if container.application in service.applications
    ]
    if not sources:
        raise OperatorError(
            f"{service.name} has no container on any server; `runbook check containers`"
        )
    return sorted(sources, key=lambda source: source.replica)


def last_lines(sources: Sequence[Source], count: int) -> list[LogLine]:
    """The last lines of each source, merged in the order of time."""
    lines = [line for source in sources for line in _lines(source, count, follow=False)]
    return sorted(lines, key=lambda line: line.time)


def follow(sources: Sequence[Source], count: int) -> Iterator[LogLine]:
    """Lines as they come, until every container has stopped.

    Raises:
        SshError: when a connection breaks.
    """
    arrived: queue.SimpleQueue[LogLine | Exception | None] = queue.SimpleQueue()
    for source in sources:
        threading.Thread(target=_pump, args=(source, count, arrived), daemon=True).start()
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
    source: Source, count: int, arrived: queue.SimpleQueue[LogLine | Exception | None]
) -> None:
    try:
        for line in _lines(source, count, follow=True):
            arrived.put(line)
        arrived.put(None)
    except Exception as error:  # noqa: BLE001 - raised again by the reader
        arrived.put(error)


def _lines(source: Source, count: int, *, follow: bool) -> Iterator[LogLine]:
    command = ["docker", "logs", "--timestamps", "--tail", str(count)]
    if follow:
        command.append("--follow")
    for line in source.client.stream([*command, source.container.id]):
        time, _, text = line.partition(" ")
        yield LogLine(time, source.replica, text)


def _replica(service: ServiceTarget, container: Container) -> str:
    return f"{service.name}-{service.applications.index(container.application) + 1}"

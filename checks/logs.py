"""Log lines of a service's containers: how to ask for them, how to read them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checks.containers import on_server

if TYPE_CHECKING:
    from checks.containers import Container
    from checks.observer import Observer
    from common.target import ServiceTarget

_ERROR_LEVELS = frozenset({"error", "critical", "fatal", "alert", "emergency"})
_ERROR_WORDS = re.compile(r"(error|exception|traceback|fatal|panic)\b", re.IGNORECASE)
_PINO_ERROR = 50  # the level of an error in the logger pino, where trace is 10 and fatal is 60
_SERVER_ERROR = 500
_STATUS_NAMES = ("status", "statusCode", "status_code")
_MOST_LINES = 50_000


@dataclass(frozen=True, order=True)
class LogLine:
    """One line; `time` is Docker's RFC 3339 timestamp, which sorts as text."""

    time: str
    replica: str
    text: str

    @cached_property
    def fields(self) -> dict[str, Any]:
        """The line's JSON object; empty when it is something else."""
        if not self.text.startswith("{"):
            return {}
        try:
            found = json.loads(self.text)
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    @property
    def is_error(self) -> bool:
        """Whether it tells of an error: by its level or HTTP status; by its words if no JSON."""
        if not self.fields:
            return not self.text.startswith("{") and bool(_ERROR_WORDS.search(self.text))
        level, status = self.fields.get("level"), http_status(self.fields)
        if isinstance(level, int) and level >= _PINO_ERROR:
            return True
        if isinstance(level, str) and level.lower() in _ERROR_LEVELS:
            return True
        return status is not None and status >= _SERVER_ERROR


def http_status(fields: dict[str, Any]) -> int | None:
    """The HTTP status of a logged request, under any of its usual names."""
    found = (fields.get(name) for name in _STATUS_NAMES)
    return next((status for status in found if isinstance(status, int)), None)


def logs_command(
    container: str, *, tail: int | None = None, since: str | None = None, follow: bool = False
) -> list[str]:
    """The command that prints a container's lines with Docker's timestamps.

    Args:
        container: id or name.
        tail: at most so many of the last lines; None means all.
        since: what Docker takes: '3600s', or a timestamp.
        follow: wait for more.
    """
    words = ["docker", "logs", "--timestamps", "--tail", "all" if tail is None else str(tail)]
    words += ["--since", since] if since else []
    return [*words, *(["--follow"] if follow else []), container]


def parse_line(replica: str, line: str) -> LogLine:
    """One line of `docker logs --timestamps`."""
    time, _, text = line.partition(" ")
    return LogLine(time, replica, text)


def replica_name(service: ServiceTarget, container: Container) -> str:
    """A container's place among its service's replicas, as in 'nutri-backend-1'."""
    return f"{service.name}-{service.applications.index(container.application) + 1}"


def collect_lines(observer: Observer, service: ServiceTarget) -> tuple[LogLine, ...]:
    """The lines of all running replicas within the window that the expectations name."""
    since = f"{observer.target.expectations.log_window_s}s"
    lines: list[LogLine] = []
    for server in observer.target.servers:
        client = observer.ssh(server)
        for container in on_server(observer, server):
            if container.application in service.applications and container.runs:
                command = logs_command(container.id, tail=_MOST_LINES, since=since)
                name = replica_name(service, container)
                lines += [parse_line(name, line) for line in client.stream(command)]
    return tuple(lines)

"""Log lines of a service's containers: how to ask for them, how to read them."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from checks import fields
from checks.containers import on_server

if TYPE_CHECKING:
    from checks.containers import Container
    from checks.observer import Observer
    from common.target import ServiceTarget

_ERROR_WORDS = re.compile(r"(error|exception|traceback|fatal|panic)\b", re.IGNORECASE)
_FIRST_WORD = re.compile(r"[\s(\[<]*([A-Za-z]+)[\s)\]>]*(?=[:|\s]|$)")
_SERVER_ERROR = 500
_CUT = 16_384  # bytes after which Docker cuts a line; each further part gets a time of its own
# A character that is cut gets lost: Docker writes three bytes for each of its own, at both ends.
_GROWN = 12
_STAMP = len("2026-01-02T03:04:05.678901234Z ")
_TIME = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d) ")
REQUEST_EVENTS = ("request_completed", "request_failed")
_DURATIONS = tuple(name.replace("_", "[_-]?") for name in fields.MILLISECONDS)
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
        return fields.parse(self.text)

    @property
    def is_error(self) -> bool:
        """Whether it tells of an error: by its level or HTTP status; by its words if no JSON."""
        if not self.fields:
            return not self.text.lstrip().startswith("{") and _words_tell_error(self.text)
        status = fields.http_status(self.fields)
        return bool(fields.level_is_error(self.fields)) or (
            status is not None and status >= _SERVER_ERROR
        )

    @property
    def shown(self) -> str:
        """The line as a terminal shows it: of a progress bar its last state."""
        return next((part for part in reversed(self.text.split("\r")) if part), "")


def _words_tell_error(text: str) -> bool:
    text = fields.ANSI.sub("", text)
    first = _FIRST_WORD.match(text)
    told = fields.word_is_error(first.group(1)) if first else None
    return bool(_ERROR_WORDS.search(text)) if told is None else told


def logs_command(
    container: str,
    *,
    tail: int | None = None,
    since: str | None = None,
    until: str | None = None,
    follow: bool = False,
) -> list[str]:
    """The command that prints a container's lines with Docker's timestamps.

    Args:
        container: id or name.
        tail: at most so many of the last lines; None means all.
        since: what Docker takes: '3600s', or a timestamp.
        until: the same; None means now.
        follow: wait for more.
    """
    words = ["docker", "logs", "--timestamps", "--tail", "all" if tail is None else str(tail)]
    words += ["--since", since] if since else []
    words += ["--until", until] if until else []
    return [*words, *(["--follow"] if follow else []), container]


def parse_line(replica: str, line: str) -> LogLine:
    """One line of `docker logs --timestamps`, as `SshClient.stream` yields it."""
    time, _, text = line.partition(" ")
    return LogLine(time, replica, _joined(text))


def _joined(text: str) -> str:
    """A line without the times in its middle, which are counted in bytes."""
    left, parts = text.encode(errors="surrogateescape"), []
    while time := _TIME.search(left, _CUT, _CUT + _GROWN + _STAMP):
        parts.append(left[: time.start()])
        left = left[time.end() :]
    return b"".join([*parts, left]).decode(errors="replace")


def replica_name(service: ServiceTarget, container: Container) -> str:
    """A container's place among its service's replicas, as in 'nutri-backend-1'."""
    return f"{service.name}-{service.applications.index(container.application) + 1}"


def requests_command(container: str, since: str) -> str:
    """The command that prints a container's lines that may tell of requests.

    Picked on the server, for an hour of logs may be large; a line that Docker cut is printed
    whole, whatever it says.
    """
    command = shlex.join(logs_command(container, since=since))
    wanted = "|".join((*REQUEST_EVENTS, *_DURATIONS))
    picked = f"length($0) > {_CUT} || tolower($0) ~ /{wanted}/"
    return f"{command} 2>&1 | LC_ALL=C awk {shlex.quote(picked)}"


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

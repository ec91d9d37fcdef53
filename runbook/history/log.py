"""The log of what was done: a file on each server, so that it outlives the laptop."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook import servers
from runbook.history import entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import ServerTarget, Target
    from runbook.history.entry import Entry

FILE = "/var/lib/nutri/operations.jsonl"
_SECONDS = 20.0
_MOST_LINES = 2000
_APPEND = f"umask 077; mkdir -p {FILE.rpartition('/')[0]}; cat >> {FILE}"
_READ = f"tail -n {_MOST_LINES} {FILE} 2>/dev/null || true"


def write(target: Target, one: Entry, say: Callable[[str], None]) -> None:
    """Add a line on each server; one that cannot be reached is told of, and stops nothing."""
    _on_each(target, _APPEND, one.line(), say)


def read(target: Target, say: Callable[[str], None]) -> list[Entry]:
    """The lines of all servers, each once, in order of time."""
    texts = _on_each(target, _READ, "", say)
    found = {one.line(): one for text in texts for one in entry.parse(text)}
    return sorted(found.values(), key=lambda one: one.at)


def _on_each(target: Target, command: str, text: str, say: Callable[[str], None]) -> list[str]:
    def run(server: ServerTarget) -> str:
        try:
            with servers.connect(server) as client:
                return client.run(command, stdin=text, timeout=_SECONDS).stdout
        except OperatorError as error:
            say(f"the history on {server.name} is not to be had: {error}")
            return ""

    with ThreadPoolExecutor(len(target.servers)) as pool:
        return list(pool.map(run, target.servers))

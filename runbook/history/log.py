"""The log of what was done: a file on each server, so that it outlives the laptop."""

from __future__ import annotations

from typing import TYPE_CHECKING

from runbook import servers
from runbook.history import entry

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.errors import OperatorError
    from common.target import ServerTarget, Target
    from runbook.history.entry import Entry

FILE = "/var/lib/nutri/operations.jsonl"
_MOST_LINES = 2000
_APPEND = f"umask 077; mkdir -p {FILE.rpartition('/')[0]}; cat >> {FILE}"
_READ = f"tail -n {_MOST_LINES} {FILE} 2>/dev/null || true"


def write(target: Target, one: Entry, say: Callable[[str], None]) -> None:
    """Add a line on each server; one that cannot be reached is told of, and stops nothing."""
    servers.ask_each(target, _APPEND, one.line(), _lost(say))


def read(target: Target, say: Callable[[str], None]) -> list[Entry]:
    """The lines of all servers, each once, in order of time."""
    texts = servers.ask_each(target, _READ, "", _lost(say))
    found = {one.line(): one for text in texts for one in entry.parse(text)}
    return sorted(found.values(), key=lambda one: one.at)


def _lost(say: Callable[[str], None]) -> Callable[[ServerTarget, OperatorError], None]:
    return lambda server, error: say(f"the history on {server.name} is not to be had: {error}")

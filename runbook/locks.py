"""Locks of a stack: who changes it just now, told before anything is changed."""

from __future__ import annotations

import json
import os
import re
import socket
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from common.private_files import is_alive
from runbook import stack as stacks
from runbook.stack import StackError

if TYPE_CHECKING:
    from collections.abc import Iterator

_SAID = re.compile(
    r"created by (?P<user>\S*)@(?P<host>\S+) \(pid (?P<pid>\d+)\) at (?P<at>\S+)", re.IGNORECASE
)
_LOCKED = "currently locked by"


class LockedError(StackError):
    """Somebody else changes the stack just now; nothing was changed here."""


@dataclass(frozen=True)
class Lock:
    """Who holds the stack, and since when."""

    user: str
    host: str
    pid: int
    since: datetime

    @property
    def is_dead(self) -> bool:
        """Whether its process is no more, as far as this machine can tell."""
        return self.host == socket.gethostname() and not is_alive(self.pid)

    def line(self, stack: str) -> str:
        """What it means, and how one gets on."""
        who = f"{self.user}@{self.host} (process {self.pid}) since {self.since:%Y-%m-%d %H:%M} UTC"
        clear = f"`pulumi cancel --stack {stack}` clears it"
        if self.is_dead:
            return f"by {who}, whose process is no more: {clear}"
        return f"by {who}: wait for its end; once you know that process is dead, {clear}"


def held(project: Path, stack: str | None) -> tuple[str, list[Lock]]:
    """The stack's name, and who holds it, where the backend is a folder; elsewhere nobody can tell.

    Raises:
        StackError: the engine does not tell name or backend.
    """
    name = stack or os.environ.get("PULUMI_STACK") or _ask(project, "stack", "--show-name")
    folder = _folder(project)
    if folder is None:
        return name, []
    files = sorted((folder / ".pulumi/locks").glob(f"organization/*/{name}/*.json"))
    return name, [one for file in files for one in _read(file)]


def require_none(project: Path, stack: str | None) -> str:
    """Refuse to go on while somebody holds the stack; returns the stack's name.

    Raises:
        LockedError: somebody does.
    """
    name, locks = held(project, stack)
    if locks:
        raise refusal(name, locks)
    return name


def refusal(stack: str, locks: list[Lock]) -> LockedError:
    """The error that tells of them."""
    lines = "; ".join(one.line(stack) for one in locks) or "by somebody"
    return LockedError(f"the stack {stack} is locked {lines}. Nothing was changed")


def in_output(said: str) -> list[Lock] | None:
    """The locks the engine speaks of where it ended because of them; None where it did not."""
    if _LOCKED not in said:
        return None
    return [
        Lock(one["user"], one["host"], int(one["pid"]), _moment(one["at"]))
        for one in _SAID.finditer(said)
    ]


def _folder(project: Path) -> Path | None:
    url = os.environ.get("PULUMI_BACKEND_URL")
    if not url:
        url = str(json.loads(_ask(project, "whoami", "--json"))["url"])
    parts = urlsplit(url)
    return Path(parts.path) if parts.scheme == "file" else None


def _ask(project: Path, *words: str) -> str:
    done = stacks.run(project, words)
    if done.returncode:
        raise StackError(stacks.explain(done.stderr, None))
    return done.stdout.strip()


def _read(file: Path) -> Iterator[Lock]:
    try:
        told = json.loads(file.read_text())
        yield Lock(told["username"], told["hostname"], told["pid"], _moment(told["timestamp"]))
    except FileNotFoundError:
        return  # it was given back meanwhile
    except (OSError, ValueError, KeyError):
        changed = datetime.fromtimestamp(file.stat().st_mtime, UTC)
        yield Lock("somebody", "unknown", 0, changed)


def _moment(text: str) -> datetime:
    # Go writes nanoseconds, and Python reads microseconds.
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text)).astimezone(UTC)

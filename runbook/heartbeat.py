"""The watcher's own health: a sign of life on the servers, to systemd, and to who waits for it.

A watcher that died tells nobody. So each look leaves its time on the servers, where `runbook
status` reads it, and may call an address that raises the alarm once no call comes any more.
"""

from __future__ import annotations

import contextlib
import os
import socket
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from common import duration
from runbook import servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import Target

FILE = "/var/lib/nutri/watch.json"
PING = "NUTRI_WATCH_PING"
_SECONDS = 20.0
_LATE = 3
"""So many intervals without a sign of life, and the watcher counts as dead."""
_SLACK_SECONDS = 120.0
_WRITE = f"umask 077; mkdir -p {FILE.rpartition('/')[0]}; cat > {FILE}.new && mv {FILE}.new {FILE}"
_READ = f"cat {FILE} 2>/dev/null || true"


class Beat(BaseModel):
    """The last look: when, from where, and how often there is one."""

    model_config = ConfigDict(frozen=True)

    at: AwareDatetime
    host: str
    interval: int
    summary: str

    def is_late(self, now: datetime) -> bool:
        """Whether a look is missing."""
        return (now - self.at).total_seconds() > self.interval * _LATE + _SLACK_SECONDS

    def line(self, now: datetime) -> str:
        """In a few words."""
        ago = duration.spoken((now - self.at).total_seconds())
        said = f"watched from {self.host} {ago} ago"
        if self.is_late(now):
            return f"{said}, though every {duration.spoken(self.interval)}: the watcher is dead"
        return said


def beat(target: Target, one: Beat, say: Callable[[str], None]) -> None:
    """Give every sign of life there is; what cannot be given is told, and stops nothing."""
    to_systemd(f"READY=1\nWATCHDOG=1\nSTATUS={one.at:%H:%M} UTC: {one.summary}")
    servers.ask_each(
        target,
        _WRITE,
        one.model_dump_json(),
        lambda server, error: say(f"the sign of life did not reach {server.name}: {error}"),
    )
    address = os.environ.get(PING)
    if address:
        _call(address, say)


def newest(target: Target) -> Beat | None:
    """The newest sign of life on any server; None where there is none, or none can be read."""
    found = [_parsed(text) for text in servers.ask_each(target, _READ, "", lambda *_: None)]
    return max(filter(None, found), key=lambda one: one.at, default=None)


def now() -> datetime:
    """To the second."""
    return datetime.now(UTC).replace(microsecond=0)


def to_systemd(state: str) -> None:
    """Tell the service manager, where this runs under one."""
    name = os.environ.get("NOTIFY_SOCKET")
    if not name:
        return
    where = f"\0{name[1:]}" if name.startswith("@") else name
    channel = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with channel, contextlib.suppress(OSError):  # its watchdog then speaks for itself
        channel.sendto(state.encode(), where)


def _call(address: str, say: Callable[[str], None]) -> None:
    try:
        httpx.get(address, timeout=_SECONDS).raise_for_status()
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        say(f"the address in {PING} did not take the sign of life: {type(error).__name__}")


def _parsed(text: str) -> Beat | None:
    try:
        return Beat.model_validate_json(text)
    except ValidationError:
        return None

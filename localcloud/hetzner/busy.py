"""Which things change right now: a second change meanwhile is a conflict, as at the vendor.

Servers are not here: they have a lock that answers 423.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.hetzner.errors import ConflictError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from localcloud.hetzner.actions.models import Actions

_LOCKED = "servers"


@dataclass(eq=False)
class _Hold:
    """One request that changes something, until its actions end."""

    key: str
    answering: bool = True
    actions: set[int] = field(default_factory=set)


_current: ContextVar[_Hold | None] = ContextVar("hold", default=None)


def note_action(number: int) -> None:
    """Let the thing of the request that is being answered be busy until an action ends."""
    hold = _current.get()
    if hold is not None:
        hold.actions.add(number)


class Busy:
    """The things that change, by path: `networks/7`, `zones/3/rrsets/www/A`."""

    def __init__(self, actions: Actions) -> None:
        self._actions = actions
        self._holds: list[_Hold] = []

    def check(self, *keys: str) -> None:
        """Raise ConflictError where one of the things, or a part or whole of it, changes."""
        running = {action.id for action in self._actions.running()}
        self._holds = [one for one in self._holds if one.answering or one.actions & running]
        for hold in self._holds:
            if hold is not _current.get() and any(_related(hold.key, key) for key in keys):
                raise ConflictError(f"{hold.key} is changed right now: try again")

    @contextmanager
    def holding(self, method: str, key: str) -> Iterator[None]:
        """Keep others off a thing while a request changes it, and while its actions run."""
        noun, _, rest = key.partition("/")
        if method in {"GET", "HEAD"} or noun == _LOCKED or not rest:
            yield
            return
        self.check(key)
        hold = _Hold(key)
        self._holds.append(hold)
        token = _current.set(hold)
        try:
            yield
        finally:
            hold.answering = False
            _current.reset(token)


def _related(one: str, other: str) -> bool:
    return f"{one}/".startswith(f"{other}/") or f"{other}/".startswith(f"{one}/")

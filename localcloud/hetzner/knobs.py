"""What a test may turn: faults, timing, sold-out types. Nothing of it is remembered."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from localcloud.hetzner.actions.models import ActionError
from localcloud.settings import DEMO_TOKEN

LOG_LENGTH = 10_000


@dataclass(frozen=True)
class Fault:
    """What happens to the next calls of a route."""

    method: str
    """HTTP method, or `*`."""
    path: str
    """Regular expression, found anywhere in the path without /v1."""
    status: int | None = None
    """Answer with this status instead of doing anything; None only delays."""
    code: str = "server_error"
    message: str = "injected fault"
    delay: float = 0.0
    """Seconds to wait before."""
    times: int = 1

    def hits(self, method: str, path: str) -> bool:
        """Whether a call is one the fault is for."""
        return self.method in {"*", method} and re.search(self.path, path) is not None


@dataclass(frozen=True)
class ActionFault:
    """How the next actions of a command end."""

    command: str
    code: str = "action_failed"
    message: str = "injected fault"
    times: int = 1


@dataclass(frozen=True)
class Call:
    """One request, for assertions about the order of calls."""

    method: str
    path: str
    query: str
    status: int
    body: Any = None
    """What was sent, where it is JSON."""


@dataclass
class Knobs:
    """The state of all knobs."""

    timing: str = "instant"
    """`instant`, or `realistic`: every action runs at least `action_seconds`."""
    action_seconds: float = 1.0
    rate_limit: bool = False
    tokens: list[str] = field(default_factory=lambda: [DEMO_TOKEN])
    """Those that may read and write, as made and revoked in the vendor's console."""
    sold_out: dict[str, list[str]] = field(default_factory=dict)
    """Server type name to the locations that have none left."""
    storage_boxes: str = "none"
    """Trouble of all Storage Boxes; see `storage_boxes.spec.TROUBLES`."""
    delegated: bool = True
    """Whether the domains' registrars name our name servers: else no zone is found by the world."""
    dns: str = "answers"
    """`answers`, or `silent`: no question to the name server gets an answer."""
    faults: list[Fault] = field(default_factory=list)
    action_faults: list[ActionFault] = field(default_factory=list)
    calls: deque[Call] = field(default_factory=lambda: deque(maxlen=LOG_LENGTH))

    def fault(self, method: str, path: str) -> Fault | None:
        """The fault of a call, used up by one."""
        for position, fault in enumerate(self.faults):
            if fault.hits(method, path):
                self.faults[position : position + 1] = _rest(fault)
                return fault
        return None

    def action_fault(self, command: str) -> ActionError | None:
        """The error an action has to end in, used up by one."""
        for position, fault in enumerate(self.action_faults):
            if fault.command == command:
                left = [replace(fault, times=fault.times - 1)] if fault.times > 1 else []
                self.action_faults[position : position + 1] = left
                return ActionError(fault.code, fault.message)
        return None

    def reset(self) -> None:
        """Turn every knob back."""
        self.__init__()  # type: ignore[misc]

    def is_sold_out(self, server_type: str, location: str) -> bool:
        """Whether a location has none of a type left."""
        return location in self.sold_out.get(server_type, [])


def _rest(fault: Fault) -> list[Fault]:
    return [replace(fault, times=fault.times - 1)] if fault.times > 1 else []

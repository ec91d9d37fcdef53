"""What people see of the engine's lines: each replica, each change, each complaint; no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")
_STEP = re.compile(
    r"^\s*(?:\S{1,2}\s+)?(?P<type>[\w-]+:[\w/-]+:\w+)\s+(?P<name>\S+)\s+"
    r"(?P<state>creating|created|updating|updated|deleting|deleted|replacing|replaced)\b"
    r"(?: \((?P<time>[\d.]+)s\))?(?P<rest>.*)$"
)
_REPLICA = "coolify:Application"
_SILENT = ("pulumi:pulumi:", "nutri:infra:")
_WORDS: Mapping[str, str] = {
    "creating": "is being created",
    "updating": "is being replaced",
    "deleting": "is being taken away",
    "created": "healthy",
    "updated": "healthy",
    "deleted": "gone",
}
_QUIET_SECONDS = 4.0
_COMPLAINTS = ("Diagnostics:", "Policy Violations:")
_ENDS = ("Resources:", "Outputs:")


@dataclass
class EngineLines:
    """Turns the engine's lines into ours; `labels` says of a replica which one of how many."""

    labels: Mapping[str, str] = field(default_factory=dict)
    _under_way: dict[str, float] = field(default_factory=dict)
    _complains: bool = False
    _told_at: float = 0.0

    def shown(self, line: str, now: float) -> str | None:
        """What to show of a line; None: nothing.

        Args:
            line: as the engine wrote it.
            now: seconds since the engine began.
        """
        text = _ANSI.sub("", line).rstrip()
        said = self._said(text, now)
        if said is not None:
            self._told_at = now
        return said

    def waits(self, now: float) -> str | None:
        """What is waited for, once nothing was shown for a while."""
        if now - self._told_at < _QUIET_SECONDS:
            return None
        self._told_at = now
        oldest = sorted(self._under_way, key=lambda name: self._under_way[name])
        what = ", ".join(f"{one} for {now - self._under_way[one]:.0f} s" for one in oldest[:3])
        return f"  {now:4.0f} s  waiting for {what or 'the engine, which compares'}"

    def _said(self, text: str, now: float) -> str | None:
        if text in _COMPLAINTS or text in _ENDS:
            self._complains = text in _COMPLAINTS
            return None
        if self._complains:
            return text or None
        found = _STEP.match(text)
        if found:
            return self._step(found, now)
        return text.strip() if text.lstrip().startswith(("error:", "warning:")) else None

    def _step(self, found: re.Match[str], now: float) -> str | None:
        name, state, is_replica = found["name"], found["state"], _REPLICA in found["type"]
        if "failed" in found["rest"]:
            self._under_way.pop(name, None)
            return f"  {now:4.0f} s  {self._name(name)} FAILED"
        if found["type"].startswith(_SILENT):
            return None
        if state.endswith("ing"):
            known = name in self._under_way
            self._under_way.setdefault(name, now)
            shown = is_replica and not known
            return f"  {now:4.0f} s  {self._name(name)} {_begun(state)}" if shown else None
        self._under_way.pop(name, None)
        took = float(found["time"] or 0)
        if is_replica:
            return (
                f"  {now:4.0f} s  {self._name(name)} {_WORDS.get(state, state)} after {took:.0f} s"
            )
        return f"  {now:4.0f} s  {name} {state}" if took >= 1 else None

    def _name(self, name: str) -> str:
        return f"{name} ({self.labels[name]})" if name in self.labels else name


def _begun(state: str) -> str:
    return _WORDS.get(state, f"is {state}")

"""What a change of firewall rules opens and closes."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from common.changes.model import Change, Finding, Risk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_WATCHED = (22, 80, 443)
_WORLD = frozenset({"0.0.0.0/0", "::/0"})
_ALL_PORTS = (1, 65535)


class Hole(NamedTuple):
    """What one source may reach."""

    protocol: str
    port: str
    source: str

    @property
    def watched(self) -> bool:
        """Whether it is about SSH or the web."""
        low, high = _ports(self.port)
        return any(low <= port <= high for port in _WATCHED)


def _ports(text: str) -> tuple[int, int]:
    low, _, high = text.partition("-")
    if not low.isdecimal():
        return _ALL_PORTS
    return int(low), int(high or low)


def holes(properties: Mapping[str, Any]) -> frozenset[Hole]:
    """Return what the inbound rules let in."""
    return frozenset(
        Hole(rule["protocol"], str(rule.get("port") or "any"), source)
        for rule in properties.get("rules") or []
        if rule.get("direction") == "in" and rule.get("protocol") in {"tcp", "udp"}
        for source in rule.get("sourceIps") or []
    )


def _phrases(found: Iterable[Hole]) -> Iterator[str]:
    for (protocol, port), group in groupby(sorted(found), key=lambda hole: hole[:2]):
        yield f"{protocol} {port} for {', '.join(hole.source for hole in group)}"


def of_rules(change: Change) -> Iterator[Finding]:
    """Say which ports open and which of SSH and the web close."""
    old, new = holes(change.old), holes(change.new)
    opened = {h for h in new - old if h.watched or h.source in _WORLD}
    closed = {hole for hole in old - new if hole.watched}
    yield from (Finding(Risk.EXPOSURE, f"opens {text}") for text in _phrases(opened))
    yield from (Finding(Risk.DOWNTIME, f"closes {text}") for text in _phrases(closed))
    if change.old.get("rules") and not change.new.get("rules"):
        why = "the provider sends nothing when the last rule goes: the old rules stay in force"
        yield Finding(Risk.EXPOSURE, why)

"""What differs between a recorded answer and one of today, field by field.

Values are compared where they are the API's own words (a status, an error's code, an action's
command); of all others it counts whether they are there, and of what kind.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from runbook.parity.words import WORD

if TYPE_CHECKING:
    from collections.abc import Iterator

SAID = frozenset({"status", "code", "command", "type", "mode", "assignee_type", "public_net"})
"""Fields whose text is the API's own; of `actions` the order counts too."""
_ACTIONS = frozenset({"actions", "next_actions"})
_FREE = frozenset({"labels", "details"})
_OF_THE_PROJECT = frozenset({"meta"})


@dataclass(frozen=True)
class Difference:
    """One thing that is not as it was recorded."""

    where: str
    """Method and path, as in `POST servers/<server>/actions/reset`."""
    field: str
    """Place in the answer, as in `server.status`; `status`, `order` or `time` of the whole."""
    what: str

    def __str__(self) -> str:
        return f"{self.where}: {self.field}: {self.what}"


def answers(where: str, recorded: Any, seen: Any) -> list[Difference]:  # noqa: ANN401 - JSON
    """Compare two bodies."""
    return [Difference(where, field, what) for field, what in _compared(recorded, seen, "", "")]


def _compared(old: Any, new: Any, place: str, key: str) -> Iterator[tuple[str, str]]:  # noqa: ANN401
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _objects(old, new, place)
    elif isinstance(old, list) and isinstance(new, list):
        yield from _lists(old, new, place, key)
    elif _kind(old) != _kind(new):
        yield place or "body", f"was {_kind(old)}, is {_kind(new)}"
    elif key in SAID and isinstance(old, str) and old != new and not WORD.search(old):
        yield place, f"was {old!r}, is {new!r}"


def _objects(old: dict[str, Any], new: dict[str, Any], place: str) -> Iterator[tuple[str, str]]:
    for name in {} if _last(place) in _FREE else old:
        inner = f"{place}.{name}" if place else name
        if name not in new:
            yield inner, "is missing"
        elif name not in _OF_THE_PROJECT:
            yield from _compared(old[name], new[name], inner, name)
    for name in new:
        if name not in old and _last(place) not in _FREE:
            yield (f"{place}.{name}" if place else name), "is new"


def _last(place: str) -> str:
    return place.rpartition(".")[2].removesuffix("[]")


def _lists(old: list[Any], new: list[Any], place: str, key: str) -> Iterator[tuple[str, str]]:
    if key in _ACTIONS:
        was, now = (_commands(one) for one in (old, new))
        if was != now:
            yield place, f"order was {', '.join(was) or 'none'}, is {', '.join(now) or 'none'}"
            return
    inner = place.count(".") or not all(isinstance(one, dict) for one in old)
    if inner and bool(old) != bool(new):
        yield place, f"had {len(old)} entries, has {len(new)}"
    told = set()
    for pair in zip(old, new, strict=False):
        for one in _compared(*pair, f"{place}[]", key):
            if one not in told:
                told.add(one)
                yield one


def _commands(actions: list[Any]) -> list[str]:
    return [str(one.get("command")) for one in actions if isinstance(one, dict)]


def _kind(value: Any) -> str:  # noqa: ANN401 - JSON
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, str):
        found = WORD.fullmatch(value)
        return "a number" if found and found["kind"] in _NUMBERS else "a text"
    if isinstance(value, int | float):
        return "a number"
    return "an object" if isinstance(value, dict) else "a list"


_NUMBERS = frozenset(
    {
        *("action", "certificate", "firewall", "floating_ip", "image", "iso", "load_balancer"),
        *("load_balancer_type", "location", "network", "placement_group", "primary_ip"),
        *("resource", "server", "server_type", "ssh_key", "storage_box", "storage_box_type"),
        *("datacenter", "volume", "zone"),
    }
)
"""Kinds of words that stand for an id."""

"""The state in its file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.state import FIRST_ID, State

if TYPE_CHECKING:
    from pathlib import Path


@dataclass(frozen=True)
class _Thing:
    id: int
    name: str
    labels: dict[str, str] = field(default_factory=dict)
    parts: tuple[tuple[str, int], ...] = ()


def test_records_survive_a_restart(tmp_path: Path) -> None:
    """Another process finds the same records, types and all, and no id twice."""
    path = tmp_path / "state.db"
    state = State(path)
    table = state.table("thing", _Thing)
    kept = table.put(_Thing(state.next_id(), "a", {"k": "v"}, (("x", 1),)))
    dropped = table.put(_Thing(state.next_id(), "b"))
    table.drop(dropped.id)
    state.close()
    again = State(path)
    assert list(again.table("thing", _Thing)) == [kept]
    assert again.next_id() > dropped.id
    again.close()


def test_kinds_are_apart_and_ids_are_not() -> None:
    """Two kinds never share an id, so that nobody can mistake one for the other."""
    state = State()
    first, second = state.table("a", _Thing), state.table("b", _Thing)
    one = first.put(_Thing(state.next_id(), "a"))
    two = second.put(_Thing(state.next_id(), "b"))
    assert (one.id, two.id) == (FIRST_ID, FIRST_ID + 1)
    assert second.get(one.id) is None
    assert len(first) == 1


def test_reset_forgets_records_and_keeps_counting() -> None:
    """After a reset no old id comes back."""
    state = State()
    table = state.table("a", _Thing)
    old = table.put(_Thing(state.next_id(), "a"))
    state.reset()
    assert list(table) == []
    assert state.next_id() > old.id


def test_records_may_be_dropped_while_iterating() -> None:
    """An iteration goes over what was there when it began."""
    state = State()
    table = state.table("a", _Thing)
    for _ in range(3):
        table.put(_Thing(state.next_id(), "a"))
    for thing in table:
        table.drop(thing.id)
    assert len(table) == 0

"""Every row of the destructive table, judged on what the real provider makes of the change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.guard import table
from tests.e2e.guard.table import FIRST, ROWS, Row

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.guard.conftest import Lab

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]

_BEFORE = [*FIRST, *(row.before for row in ROWS)]


@pytest.fixture(scope="module")
def lab(make_lab: Callable[[], Lab]) -> Lab:
    """A stack that holds the state of every row."""
    made = make_lab()
    assert made.up(_BEFORE) == 0, made.said
    return made


@pytest.fixture(scope="module")
def planned(lab: Lab) -> dict[str, dict[str, Any]]:
    """One plan in which every row happens at once."""
    return lab.plan_rows([*FIRST, *(row.after for row in ROWS)])


def test_before_nothing_changes(lab: Lab) -> None:
    """The states are what the provider wants: whatever is planned comes from the change alone."""
    assert lab.plan(_BEFORE) == 0, lab.said
    assert "stack lab: nothing changes" in lab.said


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_row(planned: dict[str, dict[str, Any]], row: Row) -> None:
    """The provider does what the table says, and the plan says what it costs."""
    found = planned.get(row.name, {"op": "same", "risk": "none", "missing": [], "findings": []})
    wanted = [f"{row.name}:{what}" for what in (row.acknowledge or "").split()]
    assert (found["op"], found["risk"], found["missing"]) == (row.op, row.risk, wanted)
    assert row.says in "; ".join(one["why"] for one in found["findings"])


def test_nothing_else_changes(planned: dict[str, dict[str, Any]]) -> None:
    """What the rows refer to stays as it is."""
    assert set(planned) <= {row.name for row in ROWS}


def test_every_input_of_a_server_has_a_row() -> None:
    """A row for each input of the table, so that none was left out by mistake."""
    inputs = {key for row in table.SERVERS for key in row.change}
    assert inputs >= {
        "image", "location", "user_data", "ssh_keys", "server_type", "keep_disk", "backups",
        "public_nets", "iso", "rescue", "networks", "firewall_ids", "placement_group_id", "name",
        "labels", "delete_protection", "rebuild_protection",
    }  # fmt: skip

"""`runbook plan` on a small stack: verdicts, exit codes, prices and what the engine refuses."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.guard.conftest import keep, server

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.guard.conftest import Lab

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


def _web(*, protected: bool = True, **changes: object) -> dict[str, Any]:
    return server("web", **changes) | {"opts": {"protect": protected}}


@pytest.fixture(scope="module")
def lab(make_lab: Callable[[], Lab]) -> Lab:
    """A stack with a protected and an open server."""
    made = make_lab()
    assert made.up([_web(), server("open")]) == 0, made.said
    for name in ("web", "open"):
        keep(made, name)
    return made


@pytest.fixture(autouse=True)
def _clean(lab: Lab) -> None:
    lab.acknowledge, lab.protect, lab.in_window = [], False, False


def test_nothing_changes(lab: Lab) -> None:
    """No change is exit code 0, with what the stack costs."""
    assert lab.plan([_web(), server("open")]) == 0, lab.said
    assert "nothing changes" in lab.said
    assert "total: 21.38 -> 21.38 (+0.00) EUR a month" in lab.said


def test_a_resize_is_priced(lab: Lab) -> None:
    """8.49 and 15.99 for the types, a fifth for backups, half a euro for the address."""
    lab.in_window = True
    assert lab.plan([_web(server_type="cx43"), server("open")], "--json") == 3, lab.said
    plan = json.loads(lab.told)
    (row,) = plan["changes"]
    assert row["monthly"] == {"before": "10.69", "after": "19.69"}
    assert plan["monthly"]["delta"] == "9.00"
    assert row["findings"][0]["downtime"] == [60, 300]


def test_a_resize_outside_the_window_is_refused(lab: Lab) -> None:
    """Exit code 4, with the window and the entry that would agree."""
    assert lab.plan([_web(server_type="cx43"), server("open")]) == 4, lab.said
    assert "needs no acknowledgement of a resize" in lab.said
    assert "'nutri:acknowledge[0]' web:resize-to-cx43" in lab.said


def test_a_refused_plan_says_how_to_go_on(lab: Lab) -> None:
    """Exit code 4, and the very command; with it the same plan is merely risky."""
    wanted = [_web(), server("open", backups=False)]
    assert lab.plan(wanted, "--markdown") == 4, lab.said
    assert "| **refused** | update | `open` (hcloud/Server) | data loss |" in lab.said
    assert (
        "to acknowledge: pulumi config set --path 'nutri:acknowledge[0]' open:backups" in lab.said
    )
    lab.acknowledge = ["open:backups"]
    assert lab.plan(wanted) == 3, lab.said
    assert "acknowledged by open:backups" in lab.said


def test_a_protected_server_shows_its_whole_plan(lab: Lab) -> None:
    """The engine would stop at the first protected resource; the plan goes on to the second."""
    lab.acknowledge = ["web:delete", "open:resize-to-cx43"]
    wanted = [_web(image="docker-ce"), server("open", server_type="cx43")]
    assert lab.plan(wanted, "--json") == 4, lab.said
    rows = {row["resource"]: row for row in json.loads(lab.told)["changes"]}
    assert rows["web"]["protected"]
    assert rows["web"]["missing"] == []
    assert rows["open"]["verdict"] == "risky"


def test_a_protected_server_left_out_is_refused(lab: Lab) -> None:
    """Where the engine ends the preview, the plan still names the resource."""
    lab.acknowledge = ["web:delete"]
    assert lab.plan([server("open")], "--json") == 4, lab.said
    rows = {row["resource"]: row for row in json.loads(lab.told)["changes"]}
    assert (rows["web"]["op"], rows["web"]["protected"]) == ("delete", True)


def test_a_failing_program_cannot_be_told(lab: Lab) -> None:
    """Exit code 2 and the program's own words."""
    assert lab.plan([_web(), server("open", location=None, nonsense=1)]) == 2
    assert "nonsense" in lab.said
    assert "Traceback" not in lab.said.splitlines()[0]


def test_only_the_reviewed_plan_is_applied(lab: Lab) -> None:
    """What changed after the review is refused by the engine; the very plan goes through."""
    reviewed = [_web(), server("open", labels={"a": "b"})]
    lab.write(reviewed)
    assert lab.pulumi("preview", "--save-plan", "plan.json") == 0, lab.said
    apply = ("up", "--yes", "--skip-preview", "--plan", "plan.json")
    lab.write([_web(), server("open", labels={"a": "c"})])
    lab.writes()
    assert lab.pulumi(*apply) != 0
    assert "violates plan" in lab.said
    assert lab.writes() == []
    lab.write(reviewed)
    assert lab.pulumi(*apply) == 0, lab.said
    assert len(lab.writes()) == 1

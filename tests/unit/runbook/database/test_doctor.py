"""The doctor's sequence: what it does about which state, and how it ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest

from checks.report import Report, Result
from checks.verdict import Verdict, green, red
from clients.postgres import Session
from clients.supabase import Phase
from common.errors import OperatorError
from runbook.database import Doctor, State

if TYPE_CHECKING:
    from collections.abc import Sequence

_STUCK = Session(7, "postgres", "job", "100.64.0.9", "idle in transaction", 90.0)


def _state(pool: Verdict | None = None, status: Verdict | None = None) -> State:
    rows = {"database-status": status or green("active"), "pool": pool or green("2 of 15")}
    results = tuple(Result(name, "E3", name, "nutri", one, 0.1) for name, one in rows.items())
    return State(Report("prod", results), (_STUCK,))


_WELL = _state()
_FULL = _state(red("exhausted: 15 of 15", "run `runbook database doctor`"))


@dataclass
class FakeTools:
    """Tools that remember; `states` are what the looks find, one after another."""

    states: list[State]
    found: Phase | None = Phase.ACTIVE
    refuse: bool = False
    done: list[str] = field(default_factory=list)

    def look(self) -> State:
        """See `Tools`."""
        return self.states.pop(0)

    def phase(self) -> Phase | None:
        """See `Tools`."""
        return self.found

    def confirm(self, question: str) -> None:
        """See `Tools`."""
        assert question.endswith(("?", "."))
        if self.refuse:
            raise OperatorError("nothing was done")

    def restore_project(self) -> None:
        """See `Tools`."""
        self.done.append("restore")

    def wait_for_project(self) -> None:
        """See `Tools`."""
        self.done.append("wait")

    def restart_services(self) -> str:
        """See `Tools`."""
        self.done.append("restart")
        return "2 replicas restarted"

    def end_stuck(self) -> str:
        """See `Tools`."""
        self.done.append("end")
        return "1 connection ended"

    def wait_for_connections(self, *, end_stuck: bool = False) -> State:
        """See `Tools`."""
        self.done += ["end again"] * end_stuck
        return self.states.pop(0)

    def ways_back(self) -> Sequence[str]:
        """See `Tools`."""
        return ["runbook restore"]


def _run(tools: FakeTools, *, end_stuck: bool = False) -> tuple[int, str]:
    said: list[str] = []
    state = Doctor(tools, said.append).run(end_stuck=end_stuck)
    return state.report.exit_code, "\n".join(said)


def test_nothing_is_done_when_all_is_well() -> None:
    """One look, and nothing said."""
    tools = FakeTools([_WELL])
    assert _run(tools) == (0, "")
    assert tools.done == []


def test_without_a_project_it_still_looks_after_connections() -> None:
    """Where only URLs are known there is nothing to restore."""
    tools = FakeTools([_FULL, _WELL], found=None)
    assert _run(tools)[0] == 0
    assert tools.done == ["restart"]


@pytest.mark.parametrize(
    ("phase", "done"), [(Phase.PAUSED, ["restore", "wait"]), (Phase.CHANGING, ["wait"])]
)
def test_a_project_is_restored_and_waited_for(phase: Phase, done: list[str]) -> None:
    """A paused one is asked for; one that is on its way is only waited for."""
    tools = FakeTools([_WELL], found=phase)
    assert _run(tools)[0] == 0
    assert tools.done == done


def test_no_is_no() -> None:
    """Nothing is restored when the operator says so."""
    tools = FakeTools([_WELL], found=Phase.PAUSED, refuse=True)
    with pytest.raises(OperatorError, match="nothing was done"):
        _run(tools)
    assert tools.done == []


def test_an_exhausted_pool_is_shown_and_freed() -> None:
    """Who holds it, then the restart, then the look that decides."""
    tools = FakeTools([_FULL, _WELL])
    code, said = _run(tools)
    assert (code, tools.done) == (0, ["restart"])
    assert "job          100.64.0.9  postgres  idle in transaction  90 s" in said
    assert "2 replicas restarted" in said


def test_what_a_restart_does_not_free_is_told() -> None:
    """Somebody else holds them: the next word to type, and the ways back; exit code 1."""
    tools = FakeTools([_FULL, _FULL])
    code, said = _run(tools)
    assert code == 1
    assert "runbook database doctor --end-stuck" in said
    assert "runbook restore" in said


def test_stuck_connections_are_ended_on_request() -> None:
    """Instead of a restart; those that get stuck for long enough meanwhile, too."""
    tools = FakeTools([_FULL, _WELL])
    assert _run(tools, end_stuck=True)[0] == 0
    assert tools.done == ["end", "end again"]


def test_a_broken_project_is_no_case_for_the_doctor() -> None:
    """It says where to look, and ends with 1."""
    ill = _state(status=red("nutri is ACTIVE_UNHEALTHY", "see status.supabase.com"))
    code, said = _run(FakeTools([ill], found=Phase.BROKEN))
    assert code == 1
    assert "status.supabase.com" in said

"""The disaster drill against the double of Hetzner's API; the engine is a stand-in."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, Self

import pytest
from pydantic import SecretStr

from common.errors import OperatorError
from common.target import DatabaseTarget, ServiceTarget
from runbook.drills import Drill, disaster
from runbook.drills.disaster import Disaster, Wish
from runbook.drills.rebuild import InterruptedUpError, Rebuild
from runbook.drills.serving import Look
from runbook.kit import Passphrase, files
from runbook.kit.unpack import Unpacked, Unpacking
from tests.unit.runbook.recovery.test_kit import kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.runbook.recovery.conftest import Project


class _Traffic:
    """Eight rows are taken before the disaster, and the service is back after it."""

    def __init__(self, _target: object, _service: object, prefix: str, rows: str) -> None:
        now = time.monotonic()
        self.written = {f"{prefix}-{n}": now - 8 + n for n in range(1, 9)} if rows else {}
        self.looks = [Look(now, well=True)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def stop_writing(self) -> None:
        """Nothing is written here."""

    def served_since(self, moment: float) -> float:
        """Five seconds after the loss."""
        return moment + 4


@pytest.fixture
def run(project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Drill]:
    """Run a drill in which so many rows survive and the engine does what the test says."""

    def drilled(survivors: int, ups: list[Exception | None], **wishes: Any) -> Drill:  # noqa: ANN401
        service = ServiceTarget(
            name="nutri-backend", url="https://api.nutri.test", image="i", tag="t",
            replicas=1, applications=("a",),
        )  # fmt: skip
        database = DatabaseTarget(
            service="nutri-backend", direct_url=SecretStr("postgresql://u:p@db.test:5432/postgres")
        )
        target = project.target.model_copy(update={"services": (service,), "database": database})
        plans: list[Any] = []

        def unpack(self: Any) -> Unpacked:  # noqa: ANN401
            plans.append(self.plan)
            return Unpacked({}, tmp_path / "x", tmp_path / "y")

        def up(self: Any, cut_off_after: str | None = None) -> None:  # noqa: ANN401
            problem = ups.pop(0)
            self.moments[cut_off_after or "services"] = time.monotonic()
            if problem:
                raise problem

        monkeypatch.setattr(disaster, "Traffic", _Traffic)
        monkeypatch.setattr(disaster, "find_project", lambda _: tmp_path)
        monkeypatch.setattr(disaster, "copy_program", lambda *_: None)
        monkeypatch.setattr(files, "read", lambda *_: kit())
        monkeypatch.setattr(Unpacking, "run", unpack)
        monkeypatch.setattr(Rebuild, "up", up)
        monkeypatch.setattr(Rebuild, "unlock", lambda _: None)
        monkeypatch.setattr(Disaster, "_export", lambda *_: None)
        drill = Drill(name="dr", stack="prod")
        wish = Wish(name="prod-2", folder=tmp_path, rows="/meals", **wishes)
        one = Disaster(drill, target, wish, Passphrase("long enough for it"), lambda _: None)
        prefix = one._prefix
        monkeypatch.setattr(
            Disaster, "_surviving", lambda _: [f"{prefix}-{n}" for n in range(1, survivors + 1)]
        )
        one.run()
        assert [plan.changes["nutri:takeOverDns"] for plan in plans] in ([True], [])
        return drill

    return drilled


def test_a_protected_server_is_lost_and_replaced(
    run: Callable[..., Drill], project: Project
) -> None:
    """The report has its phases, how long users waited, and that no row was lost."""
    drill = run(8, [None])
    assert drill.exit_code == 0, drill.error
    assert project.api.server(project.server.id) is None
    assert [phase.name for phase in drill.phases] == [
        "kit", "rows", "disaster", "import", "services", "serving",
    ]  # fmt: skip
    assert drill.measures["rows_lost"] == 0
    assert drill.measures["rto_seconds"] == 5


def test_lost_rows_are_counted_with_their_age(run: Callable[..., Drill]) -> None:
    """Those after the newest dump."""
    drill = run(5, [None])
    assert drill.measures["rows_lost"] == 3
    assert 1.9 < drill.measures["rpo_seconds"] < 10


def test_an_update_that_was_cut_off_is_run_again(run: Callable[..., Drill]) -> None:
    """And the report says where."""
    drill = run(8, [InterruptedUpError("cut"), None], interrupt_after="server")
    assert drill.exit_code == 0, drill.error
    assert {phase.note for phase in drill.phases} == {"", "cut off after: server"}


def test_a_platform_that_does_not_come_back_fails_the_drill(run: Callable[..., Drill]) -> None:
    """With the engine's reason."""
    drill = run(8, [OperatorError("no room in fsn1")])
    assert drill.exit_code == 1
    assert "no room" in drill.error

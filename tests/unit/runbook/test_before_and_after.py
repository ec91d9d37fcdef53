"""A change looks before it begins, and at its end says what serves, and whether that stays."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from rich.console import Console

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.maintenance import Maintenance, Mode
from common.target import MaintenanceTarget, Target
from runbook import interrupted
from runbook.app import app, verb
from runbook.deploy import before
from runbook.incidents import Folder
from runbook.output import confirm

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from checks.verdict import Verdict


@pytest.fixture
def target(outputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Target:
    """A stack whose replicas run, without an incident."""
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    _sees(monkeypatch, green("2 of 2 healthy"))
    return Target.model_validate(outputs)


def _sees(monkeypatch: pytest.MonkeyPatch, verdict: Verdict) -> None:
    report = Report("prod", (Result("containers", "E1", "t", "nutri-backend", verdict),))
    monkeypatch.setattr(checks, "run", lambda *_, **__: report)


def _in_maintenance(target: Target, mode: Mode) -> Target:
    now = datetime.now(UTC)
    one = Maintenance(mode=mode, start=now, end=now + timedelta(hours=1))
    return target.model_copy(update={"maintenance": MaintenanceTarget(now=one)})


def test_nothing_speaks_against_it(target: Target) -> None:
    """One short question."""
    service = target.services[0]
    assert before.look(target, service) == []
    assert before.question(service, "goes to x", []) == "nutri-backend goes to x. Go on?"


def test_each_thing_that_does_is_told(
    target: Target, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Replicas that do not run, an incident that is open, a maintenance."""
    _sees(monkeypatch, red("nutri-backend-2 does not run", "look"))
    assert run("incident", "open", "API answers 502", "--severity", "P1", "--stack", "prod") == 0
    world = _in_maintenance(target, Mode.ON)
    against = before.look(world, world.services[0])
    replicas, incident, page = against
    assert replicas.endswith("containers of nutri-backend is red: nutri-backend-2 does not run")
    assert "(P1) API answers 502; nobody has it" in incident
    assert "`runbook maintenance end`" in page
    asked = before.question(world.services[0], "goes to x", against)
    assert asked.splitlines()[-1] == "nutri-backend goes to x. Go on all the same?"
    announced = _in_maintenance(target, Mode.ANNOUNCED)
    assert before.look(announced, announced.services[0])[-1].startswith(
        "a maintenance is announced"
    )


@pytest.mark.parametrize(
    ("configured", "stays"),
    [("good-1", "it stays"), ("good-2", "the next `pulumi up` brings good-2")],
)
def test_the_end_says_what_serves_and_whether_it_stays(
    configured: str, stays: str, target: Target
) -> None:
    """From the containers, and from the config."""
    assert interrupted.standing(target, target.services[0], configured) == [
        "serving now: nutri-backend good-1: 2 of 2 healthy",
        f"the config says {configured}: {stays}",
    ]


def test_what_serves_is_compared_with_what_was_deployed(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not with what the stack was before."""
    looked: list[Target] = []

    def run(seen: Target, *_: object, **__: object) -> Report:
        looked.append(seen)
        return Report("prod", (Result("containers", "E1", "t", "nutri-backend", green("well")),))

    monkeypatch.setattr(checks, "run", run)
    deployed = target.services[0].model_copy(update={"tag": "good-2"})
    first, _ = interrupted.standing(target, deployed, "good-2")
    assert first == "serving now: nutri-backend good-2: well"
    assert [one.tag for one in looked[0].services if one.name == "nutri-backend"] == ["good-2"]


def test_who_says_no_is_in_the_timeline(
    target: Target, run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nothing was done."""

    @verb("refused", procedure="Q1", example="refused")
    def refused() -> None:
        """Ask."""
        confirm("Restart it?", yes=False)

    assert target
    monkeypatch.setattr(Console, "is_terminal", True)
    monkeypatch.setattr("typer.confirm", lambda _: False)
    assert run("incident", "open", "x", "--severity", "P1") == 0
    assert run("refused") == 2
    (one,) = Folder.of_project().all()
    assert one.timeline[-1].what == "declined: Restart it?"
    app.registered_commands[:] = [one for one in app.registered_commands if one.name != "refused"]

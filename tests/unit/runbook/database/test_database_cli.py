"""The verbs of the database, and the drill's consent, without a database."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from common.errors import OperatorError
from runbook.drills import Drill, Outcome

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi

_DATABASE = {"project": "nutrinutrinutrinutri", "endpoint": "http://supabase.test", "token": "sbp"}
_PROJECT = "http://supabase.test/v1/projects/nutrinutrinutrinutri"


@pytest.fixture
def managed(pulumi: FakePulumi, outputs: dict[str, Any]) -> FakePulumi:
    """A stack that knows its project, but no URL."""
    pulumi.prints(json.dumps(outputs | {"database": _DATABASE}))
    return pulumi


def test_a_stack_without_a_database_is_told(
    stack: FakePulumi, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Both verbs name the settings that are missing."""
    assert stack
    for verb in ("status", "doctor"):
        assert run("database", verb) == 2
        assert "nutri:supabaseProject" in capsys.readouterr().err


def test_a_paused_project_is_red(
    managed: FakePulumi, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Status ends with 1 and speaks JSON; no secret is in it."""
    assert managed
    project = {"name": "nutri", "region": "eu", "status": "INACTIVE"}
    backups = {"backups": [], "pitr_enabled": False, "physical_backup_data": {}}
    with respx.mock() as api:
        api.get(_PROJECT).mock(return_value=httpx.Response(200, json=project))
        api.get(f"{_PROJECT}/database/backups").mock(return_value=httpx.Response(200, json=backups))
        assert run("database", "status", "--json") == 1
    said = capsys.readouterr().out
    found = {one["check"]: one["status"] for one in json.loads(said)["results"]}
    assert found == {"database-status": "red", "database-backups": "red"}
    assert "sbp" not in said


def test_stop_and_allow_exclude_each_other(managed: FakePulumi, run: Callable[..., int]) -> None:
    """A mistake on the command line, before anything is asked."""
    assert managed
    assert run("database", "doctor", "--stop-writes", "--allow-writes") == 2


@pytest.mark.parametrize("named", [[], ["--yes-really", "other"]])
def test_a_protected_stack_has_to_be_named(
    managed: FakePulumi,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    named: list[str],
) -> None:
    """Without its name nothing is paused, and the message says what to type."""
    managed.stores("true\n")
    assert run("drill", "paused-database", *named) == 2
    assert "give --yes-really prod" in capsys.readouterr().err


def test_a_drill_keeps_its_phases() -> None:
    """Their order, notes and seconds; one that fails is told and ends as failed."""
    said: list[str] = []
    drill = Drill(name="x", stack="prod")

    def break_it() -> None:
        raise OperatorError("no way")

    with drill.running(said.append) as phase:
        with phase("one") as timer:
            timer.note = "seen"
        with phase("two"):
            break_it()
    assert (drill.outcome, drill.error, drill.exit_code) == (Outcome.FAILED, "no way", 1)
    assert [(one.name, one.note) for one in drill.phases] == [("one", "seen"), ("two", "")]
    assert drill.seconds >= drill.phases[1].at
    assert drill.as_json()["outcome"] == "failed"
    with drill.running(said.append):
        pass
    assert drill.exit_code == 0

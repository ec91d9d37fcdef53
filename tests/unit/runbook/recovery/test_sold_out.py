"""The drill of a location that is sold out: planned elsewhere by the engine, nothing touched."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import OperatorError
from runbook.drills import Drill
from runbook.drills.sold_out import SoldOut, fallbacks, server_of
from runbook.kit.model import Value
from tests.unit.runbook.recovery.test_kit import kit

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from runbook.kit import Kit

_SERVER = "urn:pulumi:x::nutri::nutri:infra:Host$hcloud:index/server:Server::server"


def _kit(*places: str) -> Kit:
    return kit(config={"nutri:locationFallbacks": Value(value=list(places))}, files={})


def _digest(server_type: str, location: str) -> dict[str, Any]:
    inputs = {"serverType": server_type, "location": location}
    return {"steps": [{"urn": "x::other"}, {"urn": _SERVER, "newState": {"inputs": inputs}}]}


@pytest.fixture
def drilled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Drill]:
    """Run the drill with an engine that answers by location; its calls are kept in `calls`."""
    project = tmp_path / "project"
    for folder in ("infra", "runbook", "checks", "config", "clients", "common", "agent"):
        (project / folder).mkdir(parents=True)
    for name in ("Pulumi.yaml", "app.yaml", "__main__.py"):
        (project / name).touch()
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE", raising=False)

    def run(kit: Kit, answers: dict[str, tuple[int, object]]) -> Drill:
        program = tmp_path / "bin" / "pulumi"
        program.parent.mkdir(exist_ok=True)
        cases = ""
        for place, (code, digest) in answers.items():
            (tmp_path / place).write_text(json.dumps(digest) if digest else "")
            answer = f"cat {tmp_path}/{place}; echo no room >&2; exit {code}"
            cases += f"*preview*prod-in-{place}*) {answer};;\n"
        log = tmp_path / "calls"
        cases += "*select*) exit 1;;\n"  # there is no such stack yet
        program.write_text(f'#!/bin/sh\necho "$*" >>{log}\ncase "$*" in\n{cases}esac\n')
        program.chmod(0o755)
        monkeypatch.setenv("PATH", str(program.parent), prepend=":")
        drill = Drill(name="sold-out", stack="prod")
        SoldOut(drill, lambda: kit, project, lambda _: None).run()
        return drill

    return run


def test_the_first_location_with_a_server_is_told(drilled: Callable[..., Drill]) -> None:
    """Those before it, with the program's own reason."""
    mistakes = "1 mistake(s), nothing was touched:\n  - nutri:tier: none of cx33 is sold in nbg1"
    nothing = {"steps": [], "diagnostics": [{"message": mistakes, "severity": "error"}]}
    drill = drilled(
        _kit("nbg1", "hel1"), {"nbg1": (255, nothing), "hel1": (0, _digest("cx33", "hel1"))}
    )
    assert (drill.outcome, drill.exit_code) == ("recovered", 0)
    assert [(one.name, one.note) for one in drill.phases] == [
        ("kit", ""),
        ("plan in nbg1", "nutri:tier: none of cx33 is sold in nbg1"),
        ("plan in hel1", "a cx33 in hel1"),
    ]


def test_no_location_at_all_fails(drilled: Callable[..., Drill]) -> None:
    """With the last reason; an engine that says nothing readable is quoted."""
    drill = drilled(_kit("nbg1"), {"nbg1": (255, "")})
    assert (drill.outcome, drill.exit_code) == ("failed", 1)
    assert drill.error.endswith("in any of them: the preview of prod-in-nbg1 failed: no room")


def test_nothing_is_made_and_nothing_stays(
    drilled: Callable[..., Drill], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the engine a preview alone is asked; the folder with the secrets goes."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()
    drilled(_kit("nbg1"), {"nbg1": (0, _digest("cx33", "nbg1"))})
    called = (tmp_path / "calls").read_text()
    assert "preview" in called
    assert " up " not in called
    assert list((tmp_path / "scratch").iterdir()) == []


def test_a_platform_without_fallbacks_is_told(drilled: Callable[..., Drill]) -> None:
    """The setting is named."""
    assert "nutri:locationFallbacks is empty" in drilled(_kit(), {}).error
    with pytest.raises(OperatorError, match="nutri:locationFallbacks"):
        fallbacks(_kit().model_copy(update={"config": {}}))


def test_a_preview_without_a_server_is_no_plan() -> None:
    """Another form of the engine's answer is not taken for a yes."""
    assert server_of(_digest("cx33", "nbg1")) == "a cx33 in nbg1"
    with pytest.raises(OperatorError, match="has no server"):
        server_of({"steps": [{"urn": "x"}]})

"""The sequence of an outage: each step once, in order, wherever it was cut off."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.errors import OperatorError
from runbook.outage import Journal, Outage

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from tests.unit.runbook.server import FakeServer


def _report(*, well: bool) -> Report:
    verdict = green("fine") if well else red("HTTP 503", "look")
    return Report("prod", (Result("health", "D1", "t", "nutri-backend", verdict),))


@dataclass
class FakeTools:
    """A platform that is down, and comes back by the ways that are named."""

    cured_by: str = ""
    well_at_first: bool = False
    agrees: bool = True
    frozen: tuple[str, ...] = ()
    broken: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)

    def _call(self, name: str) -> None:
        self.calls.append(name)
        if name in self.broken:
            raise OperatorError(f"{name} is broken")

    def probe(self) -> Report:
        """Look."""
        self._call("probe")
        return _report(well=self.well_at_first)

    def containers(self) -> Sequence[str]:
        """Two lines."""
        self._call("containers")
        return ["nutri-backend-1  Exited (1)", "coolify  Up"]

    def silent(self) -> Sequence[str]:
        """Those that are named."""
        return self.frozen

    def confirm_restart(self) -> None:
        """Say yes or no."""
        if not self.agrees:
            raise OperatorError("nothing was done")

    def restart(self) -> str:
        """By Coolify."""
        self._call("restart")
        return "2 replicas restarted through Coolify"

    def restart_hard(self) -> str:
        """By Docker."""
        self._call("restart_hard")
        return "2 replicas restarted by Docker"

    def recovery(self) -> Report:
        """Look again."""
        self._call("recovery")
        return _report(well=self.cured_by in self.calls)

    def logs(self, count: int) -> Sequence[str]:
        """One line."""
        self._call("logs")
        return [f"the last of {count}"]

    def ways_back(self) -> Sequence[str]:
        """One line."""
        self._call("ways_back")
        return ["good-0"]


@dataclass
class Scene:
    """Runs the sequence against tools, with one folder for its journal."""

    folder: Path
    said: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)

    def run(self, tools: FakeTools, *, anew: bool = False, force: bool = False) -> int:
        """The exit code."""
        journal = Journal.open(self.folder, "prod", "nutri-backend", anew=anew)
        return Outage(tools, journal, self.said.append, self.kept.append).run(force=force)


@pytest.fixture
def scene(tmp_path: Path) -> Scene:
    """An empty one."""
    return Scene(tmp_path / "runbook")


def test_what_is_well_is_let_be(scene: Scene) -> None:
    """Unless forced."""
    tools = FakeTools(well_at_first=True, cured_by="restart")
    assert scene.run(tools) == 0
    assert tools.calls == ["probe"]
    assert scene.run(tools, force=True) == 0
    assert tools.calls[1:] == ["probe", "containers", "restart", "recovery"]


def test_a_restart_that_helps_ends_it(scene: Scene) -> None:
    """Each step is in the incident, by its first line."""
    tools = FakeTools(cured_by="restart")
    assert scene.run(tools) == 0
    assert tools.calls == ["probe", "containers", "restart", "recovery"]
    assert scene.kept == [
        "probe from outside: stack prod: 1 check, 1 red",
        "container states: nutri-backend-1  Exited (1)",
        "restart: 2 replicas restarted through Coolify",
        "probe again: all is well",
    ]
    assert list(scene.folder.iterdir()) == []


def test_docker_alone_is_tried_when_coolify_is_down(scene: Scene) -> None:
    """And what Coolify said is told."""
    tools = FakeTools(cured_by="restart_hard", broken=("restart",))
    assert scene.run(tools) == 0
    assert "Coolify could not: restart is broken" in scene.said


def test_what_stays_down_ends_with_logs_and_the_way_back(scene: Scene) -> None:
    """Exit code 1, and the next outage starts anew."""
    tools = FakeTools()
    assert scene.run(tools) == 1
    assert tools.calls[-2:] == ["logs", "ways_back"]
    assert "the last of 200" in scene.said
    assert scene.said[-1] == "good-0"
    assert list(scene.folder.iterdir()) == []


def test_nothing_that_fails_keeps_the_logs_away(scene: Scene) -> None:
    """No restart was possible, no log could be had: each says so, the sequence goes on."""
    tools = FakeTools(broken=("restart", "restart_hard", "logs"))
    assert scene.run(tools) == 1
    assert "no restart was possible: restart_hard is broken" in scene.said
    assert "the logs cannot be had: logs is broken" in scene.said


def test_it_goes_on_where_it_was_cut_off(scene: Scene) -> None:
    """What is looked at is looked at anew: what has recovered meanwhile is not restarted."""
    with pytest.raises(OperatorError, match="nothing was done"):
        scene.run(FakeTools(agrees=False))
    again = FakeTools(cured_by="restart")
    assert scene.run(again) == 0
    assert again.calls == ["probe", "containers", "restart", "recovery"]
    with pytest.raises(OperatorError):
        scene.run(FakeTools(agrees=False))
    well = FakeTools(well_at_first=True)
    assert scene.run(well) == 0
    assert well.calls == ["probe"]


def test_a_server_that_does_not_answer_leads_to_its_revival(scene: Scene) -> None:
    """Nobody is asked to restart what nobody can reach."""
    tools = FakeTools(agrees=False, frozen=("nutri-prod",))
    assert scene.run(tools) == 1
    assert tools.calls == ["probe", "containers"]
    assert scene.said[-1] == "next: `runbook server revive --server nutri-prod`"
    assert scene.kept[-1] == "nutri-prod does not answer SSH"


def test_a_restart_is_not_repeated_after_a_crash(scene: Scene) -> None:
    """What came of it is kept before the next step begins."""
    first = FakeTools(broken=("recovery",))
    with pytest.raises(OperatorError):
        scene.run(first)
    second = FakeTools()
    assert scene.run(second) == 1
    assert second.calls == ["probe", "containers", "recovery", "logs", "ways_back"]
    assert any(line.startswith("== restart: done at") for line in scene.said)


def test_anew_forgets(scene: Scene) -> None:
    """And so do two hours, and a file that is none."""
    for spoil in (None, _age, lambda file: file.write_text("{")):
        with pytest.raises(OperatorError):
            scene.run(FakeTools(broken=("recovery",)), anew=True)
        (file,) = scene.folder.iterdir()
        if spoil:
            spoil(file)
        tools = FakeTools(cured_by="restart")
        assert scene.run(tools, anew=spoil is None) == 0
        assert "restart" in tools.calls


def _age(file: Path) -> None:
    content = json.loads(file.read_text())
    content["started"] = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    file.write_text(json.dumps(content))


def test_the_verb_does_it_to_a_server(
    server: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Down it stays: containers, a restart that Coolify and Docker refuse, logs, images."""
    monkeypatch.setattr(checks, "run", lambda *_, **__: _report(well=False))
    monkeypatch.setattr(checks, "verify", lambda *_, **__: _report(well=False))
    server.application("app-a")
    row = {"Names": "app-a-000001", "Image": "i", "State": "running", "Status": "Up (unhealthy)"}
    server.answers |= {
        "docker ps --all --format": json.dumps(row),
        "true": "",
        "docker restart": OperatorError("Docker hangs"),
        "docker logs --timestamps --tail 4000": "2026-01-01T00:00:01Z out of cheese\n",
        "docker images": "good-1\t2026-01-01 00:00:00 +0000 UTC\n",
    }
    assert run("outage", "nutri-backend") == 2
    assert "give --yes" in capsys.readouterr().err
    assert run("outage", "nutri-backend", "--yes") == 1
    out = capsys.readouterr().out
    for line in (
        "== container states",
        "no restart was possible: Docker hangs",
        "nutri-backend-1 | 2026-01-01T00:00:01Z out of cheese",
        "  good-1  of 2026-01-01 00:00:00  (runs now)",
        "`pulumi config set",
    ):
        assert line in out


def test_json_has_the_steps(
    server: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Standard output is one object."""
    assert server
    monkeypatch.setattr(checks, "run", lambda *_, **__: _report(well=True))
    assert run("outage", "nutri-backend", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["well"] is True
    assert [one["step"] for one in found["steps"]] == ["probe from outside"]

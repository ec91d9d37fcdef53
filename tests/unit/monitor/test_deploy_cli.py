"""`runbook deploy` as a whole, with the engine and the registry stubbed out."""

from __future__ import annotations

import json
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks.verdict import green, red
from common.errors import OperatorError
from runbook import cli
from runbook.deploy import rollout
from runbook.deploy.tag import check
from runbook.verbs import deploy as verb_module
from tests.unit.monitor.conftest import Site
from tests.unit.targets import make_target

if TYPE_CHECKING:
    import contextlib
    from collections.abc import Callable, Iterator

    from common.target import Target

NAME = "nutri-backend"


@dataclass
class World:
    """A stack whose engine does as told, and what was done to it."""

    site: Site
    ups: list[bool] = field(default_factory=lambda: [True])
    breaks: bool = False
    is_back: bool = True
    done: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)

    def value(self, _key: str) -> str:
        """The config's tag."""
        return "good-1"

    def set_value(self, key: str, value: str) -> None:
        """Note it."""
        self.done.append(f"set {key} {value}")

    def up(self, *, is_polite: bool = False) -> bool:
        """Take a moment, in which requests may be dropped."""
        self.done.append("up")
        assert is_polite == ("up" not in self.done[:-1])  # on the way back haste is all
        if self.breaks:
            self.site.fault, self.site.broken_from = "error", self.site.seen
            self.site.broken_until = self.site.seen + 3
        time.sleep(0.3)
        return self.ups.pop(0)


@pytest.fixture
def world(
    site_in_a_thread: Callable[[Site], contextlib.AbstractContextManager[Target]],
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[World]:
    """A world in which all goes well."""
    made = World(Site())
    monkeypatch.setattr(rollout, "_MARGIN", 0.3)
    with site_in_a_thread(made.site) as served:
        service = served.services[0].model_copy(
            update={"tag_setting": "nutri:services.nutri-backend.tag"}
        )
        target = served.model_copy(update={"services": (service,)})
        monkeypatch.setattr(verb_module, "load_target", lambda _: target)
        monkeypatch.setattr(verb_module, "Updates", lambda *_: made)
        monkeypatch.setattr("runbook.timeline.keep", lambda _, what: made.done.append(what))
        monkeypatch.setattr("runbook.history.write", lambda *_: None)
        monkeypatch.setattr("runbook.deploy.before.look", lambda *_: made.against)
        monkeypatch.setattr("runbook.interrupted.standing", lambda *_: ["serving now: x"])
        monkeypatch.setattr(
            verb_module, "require_tag", lambda _, service, tag: check(service, tag, ["v1", "v2"])
        )
        monkeypatch.setattr(checks, "verify", lambda *_, **__: _report(good=made.is_back))
        yield made


def _report(*, good: bool) -> checks.Report:
    verdict = green("serves good-1") if good else red("serves v2", "`pulumi up`")
    return checks.Report("s", (checks.Result("version", "M2", "t", NAME, verdict, 0.1),))


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["deploy", NAME, *words, "--yes", "--rate", "50"])
    return int(caught.value.code or 0)


def _json(capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    return dict(json.loads(capsys.readouterr().out))


def test_a_deploy_that_drops_nothing(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The config is set, the engine run, and at least so many requests watched."""
    assert _run("v2", "--requests", "60", "--json") == 0
    assert world.done[:2] == ["set nutri:services.nutri-backend.tag v2", "up"]
    told = _json(capsys)
    assert (told["from"], told["to"], told["updated"], told["dropped"]) == ("good-1", "v2", True, 0)
    assert told["monitor"]["requests"] >= 60
    assert [one["name"] for one in told["monitor"]["phases"]] == ["before", "during", "after"]


def test_it_looks_before_and_says_what_is_next(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """What speaks against it is told, though nobody is asked."""
    world.against = ["an incident is open"]
    assert _run("v2", "--requests", "10") == 0
    told = capsys.readouterr()
    assert told.err.startswith("an incident is open\n")
    assert told.out.splitlines()[-2:] == [
        "serving now: x",
        "next: `runbook status`; the way back: `runbook rollback nutri-backend`",
    ]


def test_one_dropped_request_is_code_1(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Although the update succeeded."""
    world.breaks = True
    assert _run("v2", "--requests", "60") == 1
    assert re.search(r"from good-1 to v2: [1-3] of", capsys.readouterr().out)


def test_a_failed_update_goes_back(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The config holds the old tag again, and a second update takes all replicas back."""
    world.ups = [False, True]
    assert _run("v2", "--requests", "10", "--json") == 1
    assert world.done[:4] == [
        "set nutri:services.nutri-backend.tag v2",
        "up",
        "set nutri:services.nutri-backend.tag good-1",
        "up",
    ]
    assert "the update failed, all replicas are back; 0 of" in world.done[-1]
    told = _json(capsys)
    assert (told["updated"], told["went_back"]) == (False, True)


def test_going_back_may_fail_too(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Which nobody may overlook."""
    world.ups = [False, False]
    assert _run("v2", "--requests", "10") == 1
    assert "GOING BACK FAILED TOO" in capsys.readouterr().out


def test_back_is_what_the_checks_say(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An update back that succeeds proves nothing by itself."""
    world.ups, world.is_back = [False, True], False
    assert _run("v2", "--requests", "10") == 1
    told = capsys.readouterr()
    assert "GOING BACK FAILED TOO" in told.out
    assert "serves v2" in told.err


def test_an_unknown_tag_is_refused(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Nothing is touched, and the message names what is most like it."""
    assert _run("v3") == 2
    assert world.done == []
    said = capsys.readouterr().err
    assert "the registry has no tag v3 of ghcr.test/nutri/backend; nearest: v" in said


def test_an_empty_registry_is_told() -> None:
    """There is no nearest tag then."""
    with pytest.raises(OperatorError, match="nearest: none"):
        check(make_target(1).services[0], "v1", [])

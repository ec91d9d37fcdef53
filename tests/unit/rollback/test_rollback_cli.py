"""`runbook rollback` and `runbook tags` as a whole, with engine, SSH and checks stubbed out."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.verified import VerifiedTag
from runbook import cli, servers
from runbook.locks import LockedError
from runbook.rollback import emergency
from runbook.rollback.emergency import Replaced
from runbook.tags import Tag
from runbook.verbs import rollback as verb_module
from runbook.verbs import tags as tags_module
from tests.unit.rollback.conftest import IMAGE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target

NAME = "nutri-backend"


@dataclass
class World:
    """What engine, servers and checks do, and what was done to them."""

    target: Target
    configured: str = "bad"
    up_succeeds: bool = True
    is_green: bool = True
    tags: tuple[Tag, ...] = (Tag("good", in_registry=True), Tag("bad", in_registry=True))
    locked: bool = False
    done: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)
    against: list[str] = field(default_factory=list)
    checked_tag: str = ""
    stack: str | None = None

    def verified(self) -> dict[str, tuple[VerifiedTag, ...]]:
        """As the stack's outputs tell it."""
        return {NAME: (VerifiedTag(image=IMAGE, tag="good", at=datetime.now(UTC)),)}

    def value(self, _key: str) -> str:
        """The config's tag."""
        return self.configured

    def set_value(self, key: str, value: str) -> None:
        """Note it."""
        if self.locked:
            raise LockedError("the stack is locked by ann")
        self.done.append(f"set {key} {value}")
        self.configured = value

    def up(self) -> bool:
        """Bring the stack to its config."""
        self.done.append("up")
        if self.up_succeeds:
            services = (self.target.services[0].model_copy(update={"tag": self.configured}),)
            self.target = self.target.model_copy(update={"services": services})
        return self.up_succeeds

    def roll_back(self, service: ServiceTarget, tag: str, *_: object) -> Iterator[Replaced]:
        """Note it."""
        self.done.append(f"docker {tag}")
        yield Replaced(f"{service.name}-1", "new", ("old",), 3)

    def verify(self, target: Target, _ids: object, **_: object) -> Report:
        """Conclude as told."""
        self.checked_tag = target.services[0].tag
        verdict = green("fine") if self.is_green else red("serves another", "look")
        return Report("test", (Result("version", "M2", "serves", NAME, verdict),))


@pytest.fixture
def world(target: Target, monkeypatch: pytest.MonkeyPatch) -> World:
    """A world in which all goes well."""
    made = World(target)

    @contextlib.contextmanager
    def connect_all(_: Target) -> Iterator[list[Any]]:
        yield [None]

    @contextlib.contextmanager
    def watched(*_: object) -> Iterator[None]:
        yield

    for module in (verb_module, tags_module):
        monkeypatch.setattr(module, "load_target", lambda _: made.target)
        monkeypatch.setattr(module, "Updates", lambda *_: made)
        monkeypatch.setattr(module, "find", lambda *_: made.tags)
    monkeypatch.setattr(verb_module, "_watched", watched)
    monkeypatch.setattr("runbook.timeline.keep", lambda _, what: made.done.append(what))
    monkeypatch.setattr("runbook.history.write", lambda *_: None)
    monkeypatch.setattr("runbook.deploy.before.look", lambda *_: made.against)
    monkeypatch.setattr("runbook.interrupted.standing", lambda *_: ["serving now: x"])
    monkeypatch.setattr(servers, "connect_all", connect_all)
    monkeypatch.setattr(emergency, "roll_back", made.roll_back)
    monkeypatch.setattr(checks, "verify", made.verify)
    return made


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    return int(caught.value.code or 0)


def test_back_to_the_last_good_tag_by_the_engine(world: World) -> None:
    """The config keeps it, so that the next update does not undo it; what is served is checked."""
    assert _run("rollback", NAME, "--yes") == 0
    assert world.done == [
        "set nutri:services.nutri-backend.tag good",
        "up",
        f"rolled {NAME} back from bad to good",
    ]
    assert world.checked_tag == "good"


def test_the_service_need_not_be_named(world: World) -> None:
    """Its tag was not verified good; with all of them good, somebody has to say which."""
    assert _run("rollback", "--yes") == 0
    assert world.done[0] == "set nutri:services.nutri-backend.tag good"
    assert _run("rollback", "--yes") == 2


def test_a_failed_update_names_the_way_on(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Code 1; the config stays, and Docker alone is offered."""
    world.up_succeeds = False
    assert _run("rollback", NAME, "--yes") == 1
    assert world.configured == "good"
    assert f"`runbook rollback {NAME} good --emergency`" in capsys.readouterr().err


def test_red_checks_are_code_1(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """An update that ended well proves nothing by itself."""
    world.is_green = False
    assert _run("rollback", NAME, "--yes") == 1
    shown = capsys.readouterr()
    assert "serves another" in shown.out
    assert f"`runbook restart {NAME}` deploys what is stored" in shown.err


def test_by_docker_alone(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """No update; the config has the tag for when Coolify answers; the drift is announced."""
    assert _run("rollback", NAME, "--emergency", "--yes") == 0
    assert world.done == [
        "docker good",
        "set nutri:services.nutri-backend.tag good",
        f"rolled {NAME} back from bad to good by Docker",
    ]
    assert world.checked_tag == "good"
    assert world.target.services[0].tag == "bad"
    said = capsys.readouterr().err
    assert f"{NAME}-1 runs good in new after 3 s; stopped old" in said
    assert "Coolify does not know of this" in said


def test_a_lock_takes_no_emergency_rollback_back(
    world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Docker has done it by then; what the config lacks is told."""
    world.locked = True
    assert _run("rollback", NAME, "--emergency", "--yes") == 0
    assert "docker good" in world.done
    said = capsys.readouterr().err
    assert "tag is not good yet, set it once the lock is gone: the stack is locked by ann" in said


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ((NAME, "v9", "--yes"), "there is no tag v9"),
        ((NAME,), "Nobody can be asked here: give --yes"),
        (("nutri-frontend",), "no such service"),
    ],
)
def test_mistakes_change_nothing(
    words: tuple[str, ...], said: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Code 2, one line."""
    assert _run("rollback", *words) == 2
    assert said in capsys.readouterr().err
    assert world.done == []


def test_a_silent_registry_refuses_nothing(world: World) -> None:
    """In an outage of it, a tag that is named is tried."""
    world.tags = (Tag("bad", servers=("s1",)),)
    assert _run("rollback", NAME, "v9", "--yes") == 0


def test_the_json_is_all_there_is(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """From, to, and the report."""
    assert _run("rollback", NAME, "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["service"], told["from"], told["to"]) == (NAME, "bad", "good")
    assert world.done


def test_tags_in_text_and_json(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Both name every tag."""
    assert _run("tags", NAME) == 0
    text = capsys.readouterr().out
    assert _run("tags", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert [one["tag"] for one in told[NAME]] == [tag.name for tag in world.tags]
    assert all(tag.name in text for tag in world.tags)

"""`runbook maintenance` as a whole, with engine, checks and messages stubbed out."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.maintenance import OFF, Maintenance, Mode
from common.target import MaintenanceTarget, Target
from runbook import cli
from runbook.maintenance import notices, steps
from runbook.verbs import maintenance as verbs
from tests.unit.maintenance.conftest import BACKEND, END, START
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from collections.abc import Mapping

    from runbook.notify import Message


def _target(now: Maintenance) -> Target:
    made = make_target(9)
    (service,) = made.services
    named = service.model_copy(update={"name": BACKEND, "url": "https://api.nutri.test"})
    return made.model_copy(update={"services": (named,), "maintenance": MaintenanceTarget(now=now)})


@dataclass
class World:
    """Config, deployed state, clock and people."""

    now: datetime = START - timedelta(hours=72)
    config: dict[str, str] = field(default_factory=dict)
    deployed: Maintenance = OFF
    up_succeeds: bool = True
    is_green: bool = True
    is_told: bool = True
    ups: int = 0
    sent: list[Message] = field(default_factory=list)
    checked: tuple[str, ...] = ()
    stack: str | None = None

    def value(self, _key: str) -> str | None:
        """As `pulumi config get` prints an object."""
        return json.dumps(self._object()) if self.config else None

    def _object(self) -> dict[str, Any]:
        parts = {key.removeprefix("nutri:maintenance."): v for key, v in self.config.items()}
        services = [v for key, v in parts.items() if key.startswith("services")]
        plain = {key: v for key, v in parts.items() if not key.startswith("services")}
        return plain | ({"services": services} if services else {})

    def set_values(self, values: Mapping[str, str]) -> None:
        """Set them all."""
        self.config |= values

    def unset(self, _key: str) -> None:
        """Take all out."""
        self.config = {}

    def up(self) -> bool:
        """Deploy the config."""
        self.ups += 1
        if self.up_succeeds:
            self.deployed = Maintenance.model_validate(self._object() if self.config else {})
        return self.up_succeeds

    def verify(self, _target: Target, ids: tuple[str, ...], **_: object) -> Report:
        """Conclude as told."""
        self.checked = tuple(ids)
        verdict = green("fine") if self.is_green else red("not shown", "look")
        return Report("test", (Result("maintenance", "M1", "shown", BACKEND, verdict),))

    def send(self, _stack: str | None, message: Message) -> bool:
        """Tell people."""
        self.sent.append(message)
        return self.is_told

    def configure(self, one: Maintenance) -> None:
        """Announced, or begun, and deployed."""
        self.config = {
            f"nutri:maintenance.{key}": value
            for key, value in one.banner().items()
            if isinstance(value, str)
        }
        self.deployed = one


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> World:
    """Three days before the window, with nothing announced."""
    made = World()
    monkeypatch.setattr(verbs, "Updates", lambda *_: made)
    monkeypatch.setattr(verbs, "load_target", lambda _: _target(made.deployed))
    monkeypatch.setattr(steps, "load_target", lambda _: _target(made.deployed))
    monkeypatch.setattr(verbs, "_now", lambda: made.now)
    monkeypatch.setattr(verbs, "acted", lambda *_, **__: None)
    monkeypatch.setattr(checks, "verify", made.verify)
    monkeypatch.setattr(notices, "send", made.send)
    return made


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.main(["maintenance", *words])
    return int(str(ended.value.code))


def test_announce_takes_the_next_window(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """The config has it, the servers show it, people are told; and it is said as JSON."""
    assert _run("announce", "-m", "New disks.", BACKEND, "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["mode"], told["start"], told["told"]) == (
        "announced",
        "2026-12-06T02:00:00Z",
        True,
    )
    assert (world.deployed.start, world.deployed.end) == (START, END)
    assert world.deployed.services == (BACKEND,)
    assert world.checked == ("maintenance",)
    (message,) = world.sent
    assert message.title == "Maintenance of nutri.test: Sunday 6 December 2026 02:00 to 04:00 UTC"
    assert message.body == f"New disks.\nServices: {BACKEND}"


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--start", "2026-12-04T02:00Z", "--for", "1h"), "too late"),
        (("--start", "2026-12-09T02:00Z", "--for", "1h"), "outside of the maintenance window"),
        (("--start", "soon"), "right would be 2026-12-06T02:00Z"),
        (("--for", "long"), "right would be 90s"),
        (("worker",), "no such service: worker"),
    ],
)
def test_announce_refuses(
    words: tuple[str, ...], says: str, world: World, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing is changed, nobody is told."""
    assert _run("announce", *words) == 2
    assert says in capsys.readouterr().err
    assert (world.ups, world.config, world.sent) == (0, {}, [])


def test_force_announces_late(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """And says what it went against."""
    assert _run("announce", "--start", "2026-12-04T02:00Z", "--for", "1h", "--force") == 0
    assert "forced, though too late" in capsys.readouterr().err
    assert world.deployed.mode is Mode.ANNOUNCED


def test_an_announcement_is_not_silently_replaced(
    world: World, announced: Maintenance, capsys: pytest.CaptureFixture[str]
) -> None:
    """It takes --replace, and people are told what it takes the place of."""
    world.configure(announced)
    words = ("announce", "--start", "2026-12-13T02:00Z")
    assert _run(*words) == 2
    assert "--replace" in capsys.readouterr().err
    assert (world.ups, world.sent) == (0, [])
    assert _run(*words, "--replace") == 0
    assert "takes the place of Sunday 6 December" in world.sent[0].body


def test_a_failed_announcement_is_finished_by_the_same_command(world: World) -> None:
    """The config keeps it; the second time the update succeeds."""
    world.up_succeeds = False
    assert _run("announce") == 1
    assert (world.sent, world.deployed) == ([], OFF)
    world.up_succeeds = True
    assert _run("announce") == 0
    assert world.deployed.start == START


def test_people_that_were_not_told_are_a_failure(world: World) -> None:
    """The banner is up all the same."""
    world.is_told = False
    assert _run("announce") == 1
    assert world.deployed.mode is Mode.ANNOUNCED


def test_start_in_time(world: World, announced: Maintenance) -> None:
    """What was announced begins, with its words."""
    world.configure(announced)
    world.now = START + timedelta(minutes=1)
    assert _run("start", "--yes") == 0
    assert (world.deployed.mode, world.deployed.end) == (Mode.ON, END)
    assert world.deployed.message == announced.message
    assert "has begun" in world.sent[0].title


def test_start_asks(
    world: World, announced: Maintenance, capsys: pytest.CaptureFixture[str]
) -> None:
    """Users see it at once."""
    world.configure(announced)
    world.now = START
    assert _run("start") == 2
    assert "give --yes" in capsys.readouterr().err
    assert world.ups == 0


def test_start_unannounced(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Refused, unless it is forced."""
    world.now = START
    assert _run("start", "--yes") == 2
    assert "was not announced" in capsys.readouterr().err
    assert _run("start", "--yes", "--force", "--for", "30m") == 0
    assert world.deployed.end == START + timedelta(minutes=30)


def test_a_page_that_is_not_shown_is_a_failure(world: World, announced: Maintenance) -> None:
    """Whatever the update says."""
    world.configure(announced)
    world.now, world.is_green = START, False
    assert _run("start", "--yes") == 1


def test_end_proves_the_services(world: World, announced: Maintenance) -> None:
    """The setting goes, the services are checked, people are told that it is over."""
    world.configure(announced.model_copy(update={"mode": Mode.ON}))
    assert _run("end") == 0
    assert (world.config, world.deployed) == ({}, OFF)
    assert {"maintenance", "health", "spread"} <= set(world.checked)
    assert world.sent[0].title == "Maintenance of nutri.test is over"


def test_end_before_the_start_cancels(world: World, announced: Maintenance) -> None:
    """People are told that nothing comes of it."""
    world.configure(announced)
    assert _run("end") == 0
    assert "is cancelled" in world.sent[0].title


def test_nobody_is_told_it_is_over_while_it_is_not(world: World, announced: Maintenance) -> None:
    """Services that do not serve."""
    world.configure(announced.model_copy(update={"mode": Mode.ON}))
    world.is_green = False
    assert _run("end") == 1
    assert world.sent == []


def test_an_end_that_failed_is_finished_by_the_same_command(
    world: World, announced: Maintenance
) -> None:
    """The config says off already, the servers do not yet."""
    world.configure(announced.model_copy(update={"mode": Mode.ON}))
    world.up_succeeds = False
    assert _run("end") == 1
    world.up_succeeds = True
    assert _run("end") == 0
    assert world.deployed == OFF
    assert len(world.sent) == 1


def test_end_of_nothing_runs_no_update(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """It looks all the same."""
    assert _run("end") == 0
    assert "no maintenance" in capsys.readouterr().err
    assert (world.ups, world.sent) == (0, [])


def test_a_setting_that_is_none(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    """Written by hand, wrongly."""
    world.config = {"nutri:maintenance.mode": "maybe"}
    assert _run("status") == 2
    assert "pulumi config rm nutri:maintenance" in capsys.readouterr().err


def test_times_are_in_utc() -> None:
    """A start without a zone is UTC."""
    assert verbs._when("2026-12-06T02:00") == START
    assert verbs._when("2026-12-06T03:00+01:00") == START.astimezone(UTC)

"""`start` and `end` on the server: what they find, what they ask for, and when they give up."""

from __future__ import annotations

import threading
import time
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from agent.drain import files, main
from agent.drain.keeper import Keeper
from tests.unit.drain.conftest import SERVICE, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_PROXY: dict[str, Any] = {
    "Id": "proxy",
    "Names": ["/coolify-proxy"],
    "Status": "Up 2 minutes (healthy)",
    "NetworkSettings": {"Networks": {"coolify": {"IPAddress": "10.0.1.99"}}},
}


class Unit:
    """In place of systemd: the keeper in a thread."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.over = threading.Event()
        self.thread: threading.Thread | None = None

    def is_kept(self, _service: str) -> bool:
        """Whether it runs."""
        return self.thread is not None and self.thread.is_alive()

    def begin(self, service: str) -> None:
        """Start it."""
        both: Any = self.world
        keeper = Keeper(service, both, both)

        def run() -> None:
            while not self.over.wait(0.01) and keeper.look():
                pass

        self.thread = threading.Thread(target=run)
        self.thread.start()


@pytest.fixture
def unit(world: World, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Unit]:
    """A server whose program finds this world."""
    made = Unit(world)
    monkeypatch.setattr(main, "Docker", lambda: world)
    monkeypatch.setattr(main, "STATE", tmp_path)
    monkeypatch.setattr(main, "AT_BOOT", tmp_path / "at-boot.conf")
    monkeypatch.setattr(main, "is_kept", made.is_kept)
    monkeypatch.setattr(main, "begin_to_keep", made.begin)
    monkeypatch.setattr(main, "refusal", lambda _: "/traefik/dynamic/theirs.yaml: bad")
    monkeypatch.setattr(main, "_FORCE_SECONDS", 0.5)
    world.containers["proxy"] = dict(_PROXY)
    yield made
    made.over.set()
    if made.thread:
        made.thread.join()


def test_it_is_drained_and_ended(unit: Unit, world: World) -> None:
    """From one call to the other the file is there; a reboot takes it too."""
    world.add("old-1", "app-1")
    world.add("old-2", "app-2")
    assert main.start(SERVICE, "app-1", 30, 600)["state"] == "drained"
    assert len(world.named) == 1
    assert "r! " in main.AT_BOOT.read_text()
    world.containers.pop("proxy")  # it is none of the servers
    assert main.end(SERVICE, 5)["state"] == "over"
    assert world.named == []
    assert not unit.is_kept(SERVICE)


def test_chosen_containers_alone_are_drained(unit: Unit, world: World) -> None:
    """By their ids: the like of one that an emergency started serves on."""
    world.add("old-1", "app-1")
    world.add("new-1", "app-1")
    assert main.start(SERVICE, "old-1", 30, 600)["state"] == "drained"
    assert world.named == ["http://10.0.1.4:3000"]
    assert unit.thread


@pytest.mark.usefixtures("unit")
def test_what_gets_no_requests_is_let_be(world: World) -> None:
    """On another server, without labels, or where no proxy runs."""
    assert main.start(SERVICE, "app-1", 30, 600)["state"] == "absent"
    world.add("old-1", "app-1")
    world.containers["old-1"]["Labels"] = {"coolify.name": "app-1"}
    assert main.start(SERVICE, "app-1", 30, 600)["state"] == "unrouted"
    world.add("old-2", "app-2")
    del world.containers["proxy"]
    assert main.start(SERVICE, "app-2", 30, 600)["state"] == "unrouted"
    assert not files.spec_file(SERVICE).exists()


@pytest.mark.usefixtures("unit")
def test_a_proxy_that_takes_no_file_is_told(world: World) -> None:
    """With its reason; nothing is left of ours."""
    world.add("old-1", "app-1")
    world.add("old-2", "app-2")
    world.frozen = True
    told = main.start(SERVICE, "app-1", 30, 600)
    assert told["state"] == "refused"
    assert told["reason"] == "/traefik/dynamic/theirs.yaml: bad"


@pytest.mark.usefixtures("unit")
def test_what_outlasts_the_grace_is_told(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not for ever, and with its number."""
    monkeypatch.setattr(main, "_UNDER_WAY_SLACK", 0.2)
    world.add("old-1", "app-1")
    world.add("old-2", "app-2")
    world.connections["old-1"] = 3
    began = time.monotonic()
    told = main.start(SERVICE, "app-1", 0.2, 600)
    assert (told["state"], told["connections"]) == ("busy", 3)
    assert time.monotonic() - began < 10


def test_an_end_without_a_start_takes_away_what_is_left(unit: Unit, world: World) -> None:
    """Of one whose process was killed, say."""
    world.add("old-2", "app-2")
    files.route_file(SERVICE).write_text("{}")
    world.ask("old-1")
    assert main.end(SERVICE, 0)["state"] == "over"
    assert not files.route_file(SERVICE).exists()
    assert not files.spec_file(SERVICE).exists()
    assert not unit.is_kept(SERVICE)


@pytest.mark.parametrize(("free", "why"), [(0, files.NO_SPACE), (1, "")])
def test_why_there_is_no_file_is_told(free: int, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full, or the proxy says nothing of it."""
    monkeypatch.setattr("agent.drain.main.shutil.disk_usage", lambda _: SimpleNamespace(free=free))
    silent = SimpleNamespace(stdout="", stderr="")
    monkeypatch.setattr("agent.drain.main.subprocess.run", lambda *_, **__: silent)
    assert main.refusal(0.0) == why


def test_one_late_answer_of_the_proxy_is_no_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The file was in force for longer than a proxy may take; one look found no answer."""
    states = iter(["busy"] * 100 + ["pending", "busy", "drained"])
    now = [1000.0]

    def sleep(seconds: float) -> None:
        now[0] += seconds

    monkeypatch.setattr(main, "time", SimpleNamespace(time=lambda: now[0], sleep=sleep))
    monkeypatch.setattr(main, "is_kept", lambda _: True)
    monkeypatch.setattr(main, "read", lambda _: {"run": "r", "state": next(states)})
    assert main._await_drained(SERVICE, "r", now[0], 60)["state"] == "drained"
    assert now[0] - 1000 > main._FORCE_SECONDS

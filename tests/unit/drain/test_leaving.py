"""Before a server stops: who is turned away, and what is waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from agent.drain import leaving, routes

if TYPE_CHECKING:
    from tests.unit.drain.conftest import World

_QUIET = "nothing is under way"
_BALANCER = "http:\n  routers: {x: {rule: 'Host(`a`) && ClientIP(`10.44.0.2`)'}}\n"


@pytest.fixture(autouse=True)
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What was slept, in no time."""
    made: list[float] = []
    monkeypatch.setattr("agent.drain.leaving.time.sleep", made.append)
    monkeypatch.setattr(leaving, "_FORCE_SECONDS", 0.05)
    return made


def _leave(world: World, grace: float = 30) -> str:
    both: Any = world
    return leaving.leave(both, both, grace)


def _routers() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(leaving.door().read_text())["http"]["routers"]
    return found


def test_people_are_turned_away_before_it_stops(world: World) -> None:
    """On both entry points, above all services and below the maintenance page."""
    world.add("old-1", "app-1")
    assert _leave(world) == _QUIET
    found = _routers()
    doors = [one for one in found.values() if one["service"] == "nutri-leaving"]
    assert sorted(one["entryPoints"][0] for one in doors) == ["http", "https"]
    assert all(routes.PRIORITY < one["priority"] < 100_000 for one in doors)
    assert {one["rule"] for one in doors} == {"HostRegexp(`.+`)"}


def test_a_load_balancer_turns_away_first(world: World, slept: list[float]) -> None:
    """Its check is shut out; what it still sends is served, all others are turned away."""
    (routes.DYNAMIC / "balancer.yaml").write_text(_BALANCER)
    health = routes.DYNAMIC / "balancer-health.yaml"
    health.write_text("{}")
    world.add("old-1", "app-1")
    assert _leave(world) == _QUIET
    assert slept[0] == leaving.TURN_AWAY_SECONDS
    assert not health.exists()
    assert _routers()["nutri-leaving"]["rule"] == "HostRegexp(`.+`) && !ClientIP(`10.44.0.2`)"


def test_what_is_under_way_is_waited_for(world: World, slept: list[float]) -> None:
    """Of every service, no longer than the grace, and two looks have to find nothing."""
    world.add("old-1", "app-1")
    world.connections["old-1"] = 2
    assert _leave(world, 0.05) == "2 connections are left after 0 s"
    slept.clear()
    world.connections.clear()
    assert _leave(world) == _QUIET
    assert len(slept) == 2


def test_a_proxy_that_takes_no_file_is_told(world: World) -> None:
    """What is under way is waited for all the same."""
    world.frozen = True
    assert _leave(world) == f"{_QUIET}; the proxy takes no file that turns people away"

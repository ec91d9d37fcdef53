"""What is kept away from whom, look after look, and what ends it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from agent.drain import files, routes
from tests.unit.drain.conftest import SERVICE, World, document

if TYPE_CHECKING:
    from agent.drain.keeper import Keeper


@pytest.fixture
def two(world: World) -> World:
    """Two replicas, of which the first is about to be replaced."""
    world.add("old-1", "app-1")
    world.add("old-2", "app-2")
    world.ask("old-1")
    return world


def test_the_other_replica_alone_is_named(two: World, keeping: Keeper) -> None:
    """Before its container stops, a replica is in no list of the proxy's."""
    assert keeping.look()
    assert two.named == ["http://10.0.1.3:3000"]
    assert two.state == "drained"


def test_the_file_says_of_the_service_what_its_labels_say(two: World, keeping: Keeper) -> None:
    """Rule, retries and health check are the labels' own; the rank is above theirs."""
    two.add("old-3", "app-3")
    keeping.look()
    http = document(two)["http"]
    router = http["routers"][f"{SERVICE}-drain"]
    assert (router["rule"], router["entryPoints"]) == ("Host(`api.test`)", ["https"])
    assert 1000 < router["priority"] < 100_000
    (used,) = router["middlewares"]
    assert http["middlewares"][used]["retry"]["attempts"] == "3"
    check = http["services"][f"{SERVICE}-drain"]["loadBalancer"]["healthcheck"]
    assert check["path"] == "/health/live"
    assert check["headers"] == {"Connection": "close"}


def test_one_that_is_alone_is_not_checked_by_the_proxy(two: World, keeping: Keeper) -> None:
    """A busy machine answers a check late, and nobody else could take over: 503 to everybody."""
    keeping.look()
    made = document(two)["http"]["services"][f"{SERVICE}-drain"]["loadBalancer"]
    assert (len(made["servers"]), "healthcheck" in made) == (1, False)


def test_the_load_balancers_requests_are_led_away_too(two: World, keeping: Keeper) -> None:
    """Behind a load balancer they come by plain HTTP, past the labels' routers."""
    (routes.DYNAMIC / "balancer.yaml").write_text("rule: Host(`x`) && ClientIP(`10.9.0.2`)")
    keeping.look()
    balanced = document(two)["http"]["routers"][f"{SERVICE}-drain-balanced"]
    assert balanced["rule"] == "(Host(`api.test`)) && ClientIP(`10.9.0.2`)"
    assert balanced["entryPoints"] == ["http"]


def test_it_is_drained_only_when_nothing_is_under_way(two: World, keeping: Keeper) -> None:
    """A request that takes its time holds up the stop."""
    two.connections["old-1"] = 2
    keeping.look()
    assert two.state == "busy"
    two.connections["old-1"] = 0
    keeping.look()
    assert two.state == "drained"


def test_what_is_not_in_force_drains_nothing(two: World, keeping: Keeper) -> None:
    """A proxy that does not take the file is no reason to say that nothing is under way."""
    two.frozen = True
    keeping.look()
    assert two.state == "pending"


def test_one_replica_serves_until_its_successor_is_well(world: World, keeping: Keeper) -> None:
    """Start-first: both run for a moment, and the new one alone gets what is new."""
    world.add("old", "app-1")
    world.ask("old")
    keeping.look()
    assert (world.state, world.named) == ("alone", [])
    world.add("new", "app-1", healthy=False)
    keeping.look()
    assert (world.state, world.named) == ("alone", [])
    world.add("new", "app-1")
    keeping.look()
    assert (world.state, world.named) == ("drained", ["http://10.0.1.4:3000"])


def test_the_last_other_one_gone_the_old_one_serves_on(two: World, keeping: Keeper) -> None:
    """A list of nobody would be an outage."""
    keeping.look()
    del two.containers["old-2"]
    keeping.look()
    assert (two.state, two.named) == ("alone", [])


def test_an_app_deaf_to_its_stop_is_not_waited_for(two: World, keeping: Keeper) -> None:
    """It would serve nobody until the grace has passed."""
    keeping.look()
    two.told_to_end["old-1"] = time.time() - 1
    keeping.look()
    assert two.killed == []
    two.told_to_end["old-1"] = time.time() - 3
    keeping.look()
    assert two.killed == ["old-1"]


def test_an_app_that_heeds_its_stop_has_all_of_its_grace(two: World, keeping: Keeper) -> None:
    """It may have work that no connection tells of."""
    two.heeds = True
    two.told_to_end["old-1"] = time.time() - 20
    keeping.look()
    assert two.killed == []


def test_with_requests_under_way_even_the_deaf_are_waited_for(two: World, keeping: Keeper) -> None:
    """The stop grace is theirs."""
    two.connections["old-1"] = 1
    two.told_to_end["old-1"] = time.time() - 20
    keeping.look()
    assert two.killed == []


def test_what_had_its_time_is_not_waited_for_again(two: World, keeping: Keeper) -> None:
    """A websocket goes on for ever: it had the grace before the deployment began."""
    two.connections["old-1"] = 1
    two.ask("old-1", grace=-1)
    two.told_to_end["old-1"] = time.time() - 3
    keeping.look()
    assert two.killed == ["old-1"]


def test_the_replaced_container_gone_the_file_goes_by_itself(two: World, keeping: Keeper) -> None:
    """Whoever asked for it may be gone as well."""
    keeping.look()
    two.add("new-1", "app-1")
    del two.containers["old-1"]
    assert not keeping.look()
    assert (two.state, two.named) == ("over", [])
    assert not files.spec_file(SERVICE).exists()


def test_the_file_stays_until_the_proxy_has_the_new_container(two: World, keeping: Keeper) -> None:
    """The proxy may learn half a minute late of what Docker does."""
    keeping.look()
    two.add("new-1", "app-1")
    del two.containers["old-1"]
    two.labels_seen = {"http://10.0.1.2:3000": "DOWN", "http://10.0.1.3:3000": "UP"}
    assert keeping.look()
    assert two.state == "closing"
    assert len(two.named) == 2
    two.labels_seen = None
    assert not keeping.look()
    assert two.named == []


def test_labels_that_differ_are_bridged(two: World, keeping: Keeper) -> None:
    """Between two replicas with unlike labels the proxy has no service at all."""
    keeping.look()
    rule = {"traefik.http.routers.nutri-backend.rule": "Host(`new.test`)"}
    two.add("new-1", "app-1", labels=rule)
    del two.containers["old-1"]
    assert keeping.look()
    assert len(two.named) == 2
    two.containers["old-2"]["Labels"] |= rule
    assert not keeping.look()


def test_a_deployment_that_failed_gives_the_old_one_back(two: World, keeping: Keeper) -> None:
    """`end` with the old container still there: it is one of the servers again."""
    keeping.look()
    two.ask("old-1", closing=True)
    assert not keeping.look()
    assert (two.state, two.named) == ("over", [])


def test_nobody_keeps_a_file_for_ever(two: World, keeping: Keeper) -> None:
    """The machine that asked is gone, and the deployment never ended."""
    keeping.look()
    two.ask("old-1", until=time.time() - 1)
    assert not keeping.look()
    assert two.named == []


def test_nor_does_its_end_leave_users_without_a_service(two: World, keeping: Keeper) -> None:
    """Replicas whose labels differ are none to the proxy, however late it is."""
    keeping.look()
    two.containers["old-2"]["Labels"]["traefik.http.routers.nutri-backend.rule"] = "Host(`x`)"
    two.ask("old-1", until=time.time() - 1)
    assert keeping.look()
    assert len(two.named) == 2


def test_the_next_replica_takes_the_file_over(two: World, keeping: Keeper) -> None:
    """Between two replicas' turns there is no moment without it."""
    keeping.look()
    two.add("new-1", "app-1")
    del two.containers["old-1"]
    two.ask("old-2", run="r2")
    assert keeping.look()
    assert two.named == ["http://10.0.1.4:3000"]
    assert (files.read(files.status_file(SERVICE)) or {})["run"] == "r2"


def test_containers_of_others_are_nobodys_servers(two: World, keeping: Keeper) -> None:
    """A container of another service, and one without labels, get nothing."""
    two.add("other", "app-9")
    two.containers["other"]["Labels"] = {"coolify.name": "app-9"}
    keeping.look()
    assert two.named == ["http://10.0.1.3:3000"]

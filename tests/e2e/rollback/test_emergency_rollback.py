"""The emergency rollback on a real Docker, with the app's real images."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.errors import OperatorError
from runbook.rollback.emergency import EmergencyError, Replaced, roll_back

if TYPE_CHECKING:
    from tests.e2e.rollback.conftest import Replica

pytestmark = [pytest.mark.docker, pytest.mark.timeout(180)]


def _go(replica: Replica, tag: str) -> Replaced:
    (done,) = roll_back(replica.service, tag, [replica.runner], lambda _: None, bound=60)
    return done


def _inspect(replica: Replica, name: str) -> dict[str, Any]:
    (found,) = json.loads(replica.runner.run(["docker", "inspect", name]).stdout)
    return dict(found)


def test_the_old_tag_is_served_with_the_old_settings(replica: Replica) -> None:
    """Its own version, a name and host name of its own; labels, limits, networks as before."""
    old = replica.start("drain-2")
    assert replica.ask(old, "/version")["version"] == "drain-2"
    done = _go(replica, "drain-1")
    assert done.container
    assert replica.ask(done.container, "/version")["version"] == "drain-1"
    assert (replica.state(old), replica.state(done.container)) == ("exited", "running")
    before, after = _inspect(replica, old), _inspect(replica, done.container)
    assert after["State"]["Health"]["Status"] == "healthy"
    assert after["Config"]["Labels"].items() >= before["Config"]["Labels"].items()
    assert "QUOTE=a 'b' \"c\" $d" in after["Config"]["Env"]
    assert after["HostConfig"]["Memory"] == 200 * 2**20
    assert after["HostConfig"]["RestartPolicy"]["Name"] == "unless-stopped"
    assert replica.ask(done.container, "/health")["container_id"] == after["Id"][:12]


def test_the_networks_know_it_by_the_same_names(replica: Replica) -> None:
    """Both networks, each with its alias, and none of the old container's own names."""
    old = replica.start("drain-2")
    done = _go(replica, "drain-1")
    assert done.container
    networks = _inspect(replica, done.container)["NetworkSettings"]["Networks"]
    assert set(networks) == set(replica.networks)
    outer, inner = (set(networks[name]["Aliases"]) for name in replica.networks)
    assert "nutri-backend" in outer
    assert "inner" in inner
    assert old not in outer | inner


def test_a_second_time_nothing_happens(replica: Replica) -> None:
    """The tag runs already."""
    replica.start("drain-1")
    first = _go(replica, "drain-2")
    second = _go(replica, "drain-2")
    assert (second.container, second.stopped) == (None, ())
    assert first.container
    assert replica.state(first.container) == "running"


def test_a_tag_that_is_no_better_leaves_what_runs(replica: Replica) -> None:
    """The old container serves on, the new one is gone, its last lines are told."""
    old = replica.start("drain-2")
    with pytest.raises(EmergencyError, match="drain-never-healthy"):
        _go(replica, "drain-never-healthy")
    assert replica.containers() == [old]
    assert replica.ask(old, "/version")["version"] == "drain-2"


def test_from_a_container_that_has_stopped(replica: Replica) -> None:
    """After a crash, nothing runs that could be followed."""
    old = replica.start("drain-2")
    replica.runner.run(["docker", "kill", old])
    done = _go(replica, "drain-1")
    assert done.container
    assert replica.ask(done.container, "/version")["version"] == "drain-1"
    networks = _inspect(replica, done.container)["NetworkSettings"]["Networks"]
    assert set(networks) == set(replica.networks)


def test_a_tag_that_is_nowhere(replica: Replica) -> None:
    """Neither on the server nor in a registry that answers."""
    old = replica.start("drain-2")
    with pytest.raises(OperatorError, match="is not on the server, and cannot be pulled"):
        _go(replica, "v0")
    assert replica.containers() == [old]

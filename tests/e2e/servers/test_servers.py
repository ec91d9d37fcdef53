"""One server, two, one of them lost, both resized, one again; each test goes on from the last."""

from __future__ import annotations

import contextlib
import time
from typing import TYPE_CHECKING

import pytest

from clients.ssh import SshClient
from common.waiting import NotYetError, wait_until
from runbook.monitor import Monitor, watching
from tests.e2e.mutants.mutant import Mutant, mutants
from tests.e2e.mutants.proof import prove
from tests.e2e.mutants.scene import Scene
from tests.e2e.mutants.whole import Whole

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1500)]
_RATE = 20.0


@contextlib.contextmanager
def _traffic(target: Target) -> Iterator[tuple[Monitor, ...]]:
    """Constant requests to every service."""
    with contextlib.ExitStack() as stack:
        yield tuple(
            stack.enter_context(watching(target, service, rate=_RATE))
            for service in target.services
        )


def _failed(monitors: tuple[Monitor, ...]) -> dict[str, int]:
    kinds: dict[str, int] = {}
    for monitor in monitors:
        assert monitor.report().requests > 100
        kinds |= monitor.report().kinds
    return kinds


def _check(fleet: Stack, *names: str) -> tuple[int, str]:
    done = fleet.runbook("check", *names)
    return done.returncode, done.stdout + done.stderr


def _settled(fleet: Stack, *names: str) -> None:
    """Every check turns green within two minutes; proxies and balancer learn late of a start."""

    def green() -> bool:
        code, said = _check(fleet, *names)
        if code:
            raise NotYetError(said)
        return True

    wait_until("the checks to be green", green, bound=120, interval=5)


def test_a_second_server_joins_without_a_lost_request(fleet: Stack, target: Target) -> None:
    """Server 1 is not touched; replicas are on both, behind a balancer that the names lead to."""
    with _traffic(target) as monitors:
        fleet.config["nutri:servers"] = 2
        fleet.up()
    assert _failed(monitors) == {}
    grown = fleet.described()
    assert [server.id for server in grown.servers][:1] == [target.servers[0].id]
    assert grown.balancer is not None
    code, said = _check(fleet, "S2", "dns", "certificate", "redirect", "shut-ports")
    assert code == 0, said
    assert fleet.pulumi("preview", "--expect-no-changes").returncode == 0, fleet.last


@pytest.mark.parametrize("one", [pytest.param(o, id=o.name) for o in mutants() if o.fleet])
def test_a_world_of_two_servers_is_seen(one: Mutant, fleet: Stack) -> None:
    """The right check is red, and no other; mended, all is green again."""
    target = fleet.described()
    with SshClient(target.servers[0].ssh) as ssh:
        scene = Scene(fleet.cloud, target, ssh, fleet)
        for server in target.servers:
            # The traffic of before had slow requests in it.
            scene.at_console(
                "truncate --size=0 /var/lib/docker/containers/*/*.log", server=server.id
            )
        prove(one, Whole(scene, fleet))


def test_losing_a_server_loses_no_service(fleet: Stack) -> None:
    """The second one loses its power: every service goes on, and all is well once it is back."""
    target = fleet.described()
    lost = target.servers[1]
    with _traffic(target) as monitors:
        time.sleep(5)
        fleet.cloud.act(lost.id, "poweroff")
        time.sleep(15)
        cut_off = [len(monitor.report().failures) for monitor in monitors]
        time.sleep(15)
        assert [len(monitor.report().failures) for monitor in monitors] == cut_off
    code, said = _check(fleet, "balancer", "server")
    assert (code, f"{lost.name}" in said) == (1, True), said
    fleet.cloud.act(lost.id, "poweron")
    _settled(fleet, "S2", "containers", "server")


def test_a_resize_takes_one_after_another(fleet: Stack) -> None:
    """Both become larger in one `up`; no request is lost, since one of them always serves."""
    target = fleet.described()
    assert fleet.runbook("snapshot", "create").returncode == 0
    fleet.config["nutri:tier"] = "medium"
    fleet.config["nutri:acknowledge"] = [f"{one}:resize-to-cx43" for one in ("server", "server-2")]
    with _traffic(target) as monitors:
        fleet.up()
    assert _failed(monitors) == {}
    _settled(fleet, "S1", "S2")


def test_back_to_one_server_without_a_lost_request(fleet: Stack) -> None:
    """The balancer goes once its names lead to the server again; the deletions were agreed to."""
    target = fleet.described()
    fleet.config["nutri:servers"] = 1
    assert fleet.pulumi("preview").returncode != 0
    assert "server-2:delete" in fleet.last
    gone = ("server-2", "load-balancer", "network")
    fleet.config["nutri:acknowledge"] = [f"{one}:delete" for one in gone]
    with _traffic(target) as monitors:
        fleet.up()
    assert _failed(monitors) == {}
    left = fleet.described()
    assert (left.balancer, [one.id for one in left.servers]) == (None, [target.servers[0].id])
    _settled(fleet, "S2", "dns", "certificate", "redirect", "shut-ports", "open-ports")

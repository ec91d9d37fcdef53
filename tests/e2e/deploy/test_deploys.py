"""Deploys under load and resizes, on the whole platform; each test starts where the last ended."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clients.coolify.client import over
from clients.coolify.deployments import deploy
from clients.ssh import SshClient
from runbook.monitor import watching
from tests.e2e.guard.conftest import window

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import CompletedProcess

    from common.target import Target
    from tests.e2e.conftest import Stack
    from tests.e2e.deploy.conftest import Refused

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1500)]

_LATE = 8.0
_BACKEND = "nutri-backend"
_LONG = {"slow", "stream"}
_MORE_PATHS = {  # of the app as it is
    "nutri:slowPath": "/api/reports/weekly",
    "nutri:streamPath": "/api/export",
    "nutri:uploadPath": "/api/uploads",
    "nutri:postPath": "/api/tally",
    "nutri:socketPath": "/api/live",
}
_RATE = ("--rate", "20")  # the machine makes the traffic as well as the answers


def _deploy(stack: Stack, tag: str, *words: str) -> tuple[CompletedProcess[str], dict[str, Any]]:
    """Run `runbook deploy`, and keep the tag it leaves in the config."""
    done = stack.runbook("deploy", _BACKEND, tag, "--yes", "--json", *_RATE, *words, timeout=1200)
    stack.change(_BACKEND, tag=stack.tag())
    assert done.stdout, done.stderr
    return done, json.loads(done.stdout)


def test_a_refused_server_is_told_and_noted(refused: Refused) -> None:
    """Hetzner's catalogue offered it: what to do is said, and the next run will know."""
    assert "Hetzner has no cx33 in fsn1 just now" in refused.said
    assert "`pulumi up` again" in refused.said
    waiting = {one["type"]: one for one in refused.addresses}
    assert waiting["ipv4"]["labels"] == {"refused-fsn1-cx33": "yes"}
    assert {one["location"]["name"] for one in refused.addresses} == {"fsn1"}
    assert all(one["protection"]["delete"] for one in refused.addresses)


def test_a_refused_server_is_made_elsewhere_by_the_same_command(
    refused: Refused, platform: Stack, target: Target
) -> None:
    """Its addresses, which led nowhere yet, follow it; there it stays afterwards."""
    made = platform.cloud.api("/primary_ips")["primary_ips"]
    assert {one["location"]["name"] for one in made} == {"nbg1"}
    assert all(one["protection"]["delete"] and one["labels"] == {} for one in made)
    assert not {one["id"] for one in made} & {one["id"] for one in refused.addresses}
    server = platform.cloud.api(f"/servers/{target.servers[0].id}")["server"]
    assert (server["location"]["name"], server["server_type"]["name"]) == ("nbg1", "cx33")
    assert platform.pulumi("preview", "--expect-no-changes").returncode == 0, platform.last


def test_a_deploy_drops_nothing(platform: Stack) -> None:
    """A thousand requests at the default rate, a slow and a streamed one always among them."""
    done, told = _deploy(platform, "drain-2")
    monitor = told["monitor"]
    assert (done.returncode, told["dropped"]) == (0, 0), done.stderr + str(monitor["failed_at"])
    assert monitor["requests"] >= 1000
    assert set(monitor["by_connection"]) >= _LONG | {"fresh", "kept", "held"}
    assert set(monitor["versions"]) == {"drain-1", "drain-2"}
    assert [one["name"] for one in monitor["phases"]] == ["before", "during", "after"]


def test_a_late_proxy_drops_nothing_either(
    platform: Stack, proxy_is_late: Callable[[float], None]
) -> None:
    """It learns late of what starts and stops: health check, retry and drain make up for it."""
    proxy_is_late(_LATE)
    done, told = _deploy(platform, "drain-1")
    assert (done.returncode, told["dropped"]) == (0, 0), done.stderr + str(told["monitor"])


def test_a_failed_deploy_goes_back_by_itself(platform: Stack) -> None:
    """The container's last lines are told, config and replicas are as before, nobody noticed."""
    done, told = _deploy(platform, "drain-never-healthy", "--requests", "100")
    assert (done.returncode, told["updated"], told["went_back"]) == (1, False, True), done.stderr
    assert told["dropped"] == 0
    assert "(tag drain-never-healthy) ended as failed; Coolify says:" in done.stderr
    assert platform.tag() == "drain-1"
    assert platform.runbook("check", "version", "containers").returncode == 0


def test_a_tag_that_is_not_there_is_refused(platform: Stack) -> None:
    """Nothing is touched, and the registry's nearest tags are named."""
    done = platform.runbook("deploy", _BACKEND, "good-3", "--yes")
    assert done.returncode == 2
    assert "the registry has no tag good-3 of" in done.stderr
    assert "nearest: good-" in done.stderr


def test_one_replica_of_an_app_that_heeds_no_stop_drops_nothing(
    platform: Stack, proxy_is_late: Callable[[float], None]
) -> None:
    """The app as it is, of which the proxy learns late: it is led to the new container at once.

    Changes, an upload, long answers and a websocket are among what is sent.
    """
    platform.change(_BACKEND, replicas=1, tag="good-1", stopGrace=30)
    platform.config |= _MORE_PATHS
    platform.up()
    proxy_is_late(_LATE)
    done, told = _deploy(platform, "good-2", "--requests", "500")
    monitor = told["monitor"]
    assert (done.returncode, told["dropped"]) == (0, 0), done.stderr + str(monitor["failed_at"])
    assert set(monitor["by_kind"]) >= {"post", "upload", "websocket", "http2"} | _LONG
    assert monitor["websockets_closed"] >= 1
    assert platform.runbook("check", "proxy-files").returncode == 0


@pytest.mark.long
def test_a_replica_that_stayed_down_is_brought_back_by_the_next_up(
    platform: Stack, target: Target, server: SshClient
) -> None:
    """Nothing of the config changed, and Coolify has it stored as it should be."""
    service = next(one for one in target.services if one.name == _BACKEND)
    named = f"docker ps --quiet --filter label=coolify.name={service.applications[0]}"
    server.run(f"{named} | xargs docker stop --time 1")
    assert platform.pulumi("preview", "--diff").returncode == 0
    assert "nothing runs: exited (" in platform.last
    assert platform.up()["update"] >= 1
    assert platform.runbook("check", "containers", "health").returncode == 0
    assert platform.pulumi("preview", "--expect-no-changes").returncode == 0, platform.last


@pytest.mark.long
def test_without_the_drain_the_same_app_drops_requests(platform: Stack, target: Target) -> None:
    """Coolify's own redeployment cuts what is under way: the monitor does see it."""
    platform.change(_BACKEND, replicas=2)
    platform.up()
    target = platform.described()
    service = next(one for one in target.services if one.name == _BACKEND)
    with (
        SshClient(target.servers[0].ssh) as server,
        over(server, target.coolify) as coolify,
        watching(target, service, rate=20) as monitor,
    ):
        for application in service.applications:
            deploy(coolify, application, "without the drain", 600)
    assert monitor.report().failed > 0


_OTHER_STOPS = {
    "restart": ("restart", _BACKEND),
    "one more": ("scale", _BACKEND, "3"),
    "scale-in": ("scale", _BACKEND, "2"),
    "rollback": ("rollback", _BACKEND, "good-1"),
}


@pytest.mark.parametrize("words", _OTHER_STOPS.values(), ids=_OTHER_STOPS.keys())
def test_no_other_stop_of_a_replica_drops_a_request(
    words: tuple[str, ...], platform: Stack
) -> None:
    """The app as it is, with requests of all kinds: each of them is drained first."""
    _drops_nothing(platform, *words)


def _drops_nothing(platform: Stack, *words: str) -> None:
    """Run a verb under load."""
    target = platform.described()
    service = next(one for one in target.services if one.name == _BACKEND)
    with watching(target, service, rate=20) as monitor:
        done = platform.runbook(*words, "--yes")
    platform.change(_BACKEND, tag=platform.tag())
    assert done.returncode == 0, done.stdout + done.stderr
    report = monitor.report()
    assert report.requests > 100
    assert report.kinds == {}, report.as_json()["failed_at"]


@pytest.fixture
def no_window(platform: Stack) -> None:
    """A maintenance window that is days away, whenever the tests run."""
    platform.config["nutri:maintenanceWindow"] = window(is_open=False)


@pytest.mark.usefixtures("no_window")
def test_a_resize_is_refused_without_window_and_backup(platform: Stack) -> None:
    """Both are told in the preview, by the plan too, and the server runs on."""
    platform.config["nutri:tier"] = "cx42"
    assert platform.pulumi("preview").returncode != 0
    assert "cx42 is no longer sold; cx43 is its successor" in platform.last
    assert "It may happen" in platform.last
    assert "server:resize-to-cx43" in platform.last
    assert "no backup or snapshot of the last 24 h to go back to" in platform.last
    plan = platform.runbook("plan")
    assert (plan.returncode, "not now: nutri-e2e has no backup" in plan.stdout) == (4, True)


@pytest.mark.usefixtures("no_window")
def test_a_resize_is_verified_from_within(platform: Stack, target: Target) -> None:
    """With snapshot and acknowledgement it happens, after a shutdown; what was there is there."""
    with SshClient(target.servers[0].ssh) as server:
        server.run("echo kept > /root/kept")
    assert platform.runbook("snapshot", "create").returncode == 0
    platform.config |= {
        "nutri:tier": "medium",
        "nutri:acknowledge": ["server:resize-to-cx43"],
    }
    platform.cloud.knob("DELETE", "/calls")
    assert set(platform.up()) == {"update"}
    calls = platform.cloud.knob("GET", "/calls")["calls"]
    done = [call["path"].rsplit("/", 1)[1] for call in calls if "/actions/" in call["path"]]
    assert [one for one in done if not one.isdecimal()] == ["shutdown", "change_type"]
    assert "server:resize-to-cx43 is spent" in platform.last
    size = platform.runbook("check", "S1", "--json")
    assert (size.returncode, "cx43: 8 cores, 1" in size.stdout) == (0, True), size.stdout
    with SshClient(target.servers[0].ssh) as server:
        assert server.run("cat /root/kept").stdout.strip() == "kept"


@pytest.mark.usefixtures("no_window")
def test_the_way_back_is_open(platform: Stack, target: Target) -> None:
    """The disk did not grow, and the old entry is no word about this resize."""
    platform.config["nutri:tier"] = "small"
    assert platform.pulumi("preview").returncode != 0
    assert "server:resize-to-cx33" in platform.last
    platform.config["nutri:acknowledge"] = ["server:resize-to-cx33"]
    platform.up()
    server = platform.cloud.api(f"/servers/{target.servers[0].id}")["server"]
    assert (server["server_type"]["name"], server["primary_disk_size"]) == ("cx33", 80)
    assert platform.runbook("check", "S1").returncode == 0


@pytest.mark.long
def test_an_emergency_rollback_drops_nothing_either(platform: Stack) -> None:
    """By Docker alone; the last test, since what runs is not what the config says any more."""
    _drops_nothing(platform, "rollback", _BACKEND, "good-2", "--emergency")

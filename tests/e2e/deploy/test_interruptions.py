"""A deploy that is cut off while a replica is drained; the next `up` finds it and goes on."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from clients.ssh import SshClient, SshError
from common.waiting import NotYetError, wait_until
from runbook.monitor import watching
from tests.e2e.conftest import ask, own_stack, running_tags

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target
    from runbook.monitor import Monitor
    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(900)]

_BACKEND = "nutri-backend"
_FILE = "/data/coolify/proxy/dynamic/nutri-drain-nutri-backend.yaml"
_UNIT = "nutri-drain-nutri-backend"
_TRACES = (
    "ls /data/coolify/proxy/dynamic/nutri-drain-* 2>/dev/null; "
    "systemctl list-units --plain --no-legend 'nutri-drain-*'; true"
)
_TAGS = {"good-1": "good-2", "good-2": "good-1"}


@pytest.fixture(scope="module")
def platform(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """Two replicas of the app as it is, which heeds no stop."""
    with own_stack(cloud_environment, tmp_path_factory, "cut") as made:
        made.change(_BACKEND, tag="good-1", replicas=2, stopGrace=30)
        made.up()
        yield made


@pytest.fixture
def target(platform: Stack) -> Target:
    """The stack's outputs."""
    return platform.described()


@pytest.fixture
def server(target: Target) -> Iterator[SshClient]:
    """The server, over SSH."""
    with SshClient(target.servers[0].ssh) as client:
        yield client


@pytest.fixture
def service(target: Target) -> ServiceTarget:
    """The service that is deployed."""
    return next(one for one in target.services if one.name == _BACKEND)


@contextlib.contextmanager
def _under_way(stack: Stack, server: SshClient) -> Iterator[subprocess.Popen[bytes]]:
    """Deploy the other tag; from the moment on that requests are led past a replica."""
    stack.change(_BACKEND, tag=_TAGS[stack.tag()])
    stack.pulumi("config")  # writes the config file
    words = ["pulumi", "up", "--yes", "--skip-preview", "--stack", stack.name]
    with subprocess.Popen(
        words,
        cwd=stack.folder,
        env=stack.environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    ) as process:
        try:
            wait_until("the drain", lambda: _is_there(server), bound=120, max_interval=1)
            yield process
        finally:
            _kill(process)


def _is_there(server: SshClient) -> bool:
    return server.run(f"test -e {_FILE}", check=False).code == 0


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End the engine and all that it started, at once."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(30)


def _finish(stack: Stack, server: SshClient, target: Target) -> None:
    """The next `up` brings the tag everywhere, and leaves nothing of a drain."""
    stack.pulumi("cancel", "--yes")  # the lock of an engine that is no more
    stack.up()
    assert running_tags(target, _BACKEND) == {stack.tag()}
    assert server.run(_TRACES).stdout == ""
    done = stack.runbook("check", "proxy-files", "containers", "version", "health")
    assert done.returncode == 0, done.stdout


def _start(stack: Stack, number: int) -> None:
    """Start a server again, once it is off."""

    def is_off() -> bool:
        return bool(stack.cloud.api(f"/servers/{number}")["server"]["status"] == "off")

    wait_until("the server to be off", is_off, bound=120)
    stack.cloud.act(number, "poweron")


def _dropped_nothing(monitor: Monitor) -> None:
    report = monitor.report()
    assert report.requests > 100
    assert report.kinds == {}, report.failures[:5]


def test_the_engine_is_killed(
    platform: Stack, target: Target, server: SshClient, service: ServiceTarget
) -> None:
    """Nobody is left to take the file away: it goes by itself, and nobody notices."""
    with watching(target, service, rate=20) as monitor:
        with _under_way(platform, server) as process:
            _kill(process)
        _finish(platform, server, target)
    _dropped_nothing(monitor)


def test_the_process_that_keeps_the_file_is_killed(
    platform: Stack, target: Target, server: SshClient, service: ServiceTarget
) -> None:
    """It is started again, and the deploy goes on as if nothing had happened."""
    with watching(target, service, rate=20) as monitor:
        with _under_way(platform, server) as process:
            server.run(f"systemctl kill --signal=KILL {_UNIT}")
            assert process.wait(300) == 0
        _finish(platform, server, target)
    _dropped_nothing(monitor)


def test_coolify_is_started_again(
    platform: Stack, target: Target, server: SshClient, service: ServiceTarget
) -> None:
    """Its deployment ends in the middle, whatever becomes of it; nobody notices."""
    with watching(target, service, rate=20) as monitor:
        with _under_way(platform, server) as process:
            server.run("docker restart --time 1 coolify", timeout=90)
            process.wait(600)
        _finish(platform, server, target)
    _dropped_nothing(monitor)


def test_the_proxy_is_started_again(platform: Stack, target: Target, server: SshClient) -> None:
    """It reads the file when it is back; what its own end cut off is another matter."""
    with _under_way(platform, server) as process:
        server.run("docker restart --time 1 coolify-proxy", timeout=90)
        assert process.wait(600) == 0
    _finish(platform, server, target)


def test_the_servers_power_is_cut(platform: Stack, target: Target, server: SshClient) -> None:
    """The file is gone with the boot, before the proxy could read it."""
    with _under_way(platform, server):
        platform.cloud.act(target.servers[0].id, "poweroff")
    _start(platform, target.servers[0].id)

    def is_back() -> bool:
        return server.run(f"test -e {_FILE}", check=False).code != 0

    assert wait_until("the server", is_back, bound=120, retry_on=SshError)
    _finish(platform, server, target)


def _photo(target: Target, seconds: int) -> httpx.Response:
    """Send a file bit by bit, as a slow phone does."""

    def pieces() -> Iterator[bytes]:
        for _ in range(seconds):
            time.sleep(1)
            yield b"x"

    trust = ssl.create_default_context(cafile=target.vantage.ca_bundle)
    with httpx.Client(verify=trust, timeout=30) as phone:
        return phone.post(
            f"https://{target.servers[0].ipv4}/api/uploads",
            content=pieces(),
            headers={"Host": "api.nutri.test", "Content-Length": str(seconds)},
            extensions={"sni_hostname": "api.nutri.test"},
        )


def test_the_only_server_shuts_down_once_nothing_is_under_way(
    platform: Stack, target: Target
) -> None:
    """An upload comes to its end; whoever comes meanwhile is told when to come again."""
    number = target.servers[0].id

    def turned_away() -> str:
        answer = ask(target, "api.nutri.test", "/health/live")
        if answer.status_code == 200:
            raise NotYetError("it still lets people in")
        return f"{answer.status_code} {answer.headers.get('retry-after')}"

    with ThreadPoolExecutor(1) as phone:
        photo = phone.submit(_photo, target, 15)
        time.sleep(3)
        platform.cloud.act(number, "shutdown")
        assert wait_until("the door to shut", turned_away, bound=10, interval=0.2) == "503 60"
        assert not photo.done()
    assert photo.result().json()["bytes"] == 15
    _start(platform, number)

    def serves() -> bool:
        if ask(target, "api.nutri.test", "/health/live").status_code != 200:
            raise NotYetError("it does not serve yet")
        return True

    assert wait_until("the server", serves, bound=120, retry_on=(NotYetError, httpx.HTTPError))

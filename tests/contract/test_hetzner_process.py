"""The process of a local cloud: start, find, restart, stop; it is ready without an engine."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import dns.message
import dns.query
import dns.rcode
import httpx
import pytest
from hcloud import Client

from localcloud import home, process
from localcloud.errors import LocalCloudError
from localcloud.settings import DEMO_TOKEN, PROJECT_ROOT, Instance
from tests.contract.hetzner_double import PUBLIC_KEY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

MEGABYTE = 1024**2


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _instance(folder: Path) -> Instance:
    made = Instance(
        name="proc",
        home=folder / "home",
        api_port=_free_port(),
        dns_port=_free_port(),
        block=251,
        cache=folder / "cache",
    )
    home.prepare(made)
    return made


@pytest.fixture(scope="module", autouse=True)
def no_engine() -> Iterator[None]:
    """No Docker engine, also where one runs."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DOCKER_HOST", "unix:///nonexistent")
        yield


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance of the test's own, not started, stopped afterwards."""
    made = _instance(tmp_path)
    yield made
    process.stop(made)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Instance]:
    """A running instance, for tests that leave it as it is."""
    made = _instance(tmp_path_factory.mktemp("running"))
    process.start(made)
    yield made
    process.stop(made)


def _cli(instance: Instance, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "localcloud", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env=os.environ | process.environment(instance),
        timeout=30,
    )


def test_start_answers_soon_and_small(running: Instance) -> None:
    """It answers within a few seconds, the name server too, in little memory."""
    found = process.status(running)
    assert found is not None
    assert found["name"] == "proc"
    question = dns.message.make_query("nutri.test", "A")
    answer = dns.query.tcp(question, "127.0.0.1", port=running.dns_port, timeout=2)
    assert answer.rcode() == dns.rcode.REFUSED
    pid = process.running_pid(running)
    with open(f"/proc/{pid}/statm") as statm:  # noqa: PTH123 no file of ours
        pages = int(statm.read().split()[1])
    assert pages * os.sysconf("SC_PAGE_SIZE") < 80 * MEGABYTE


def test_state_survives_a_kill(instance: Instance) -> None:
    """After SIGKILL another start finds what was made."""
    process.start(instance)
    Client(DEMO_TOKEN, api_endpoint=instance.endpoint).ssh_keys.create("k", PUBLIC_KEY)
    pid = process.running_pid(instance)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    _until_gone(instance)
    assert process.status(instance) is None
    process.start(instance)
    keys = Client(DEMO_TOKEN, api_endpoint=instance.endpoint).ssh_keys.get_all()
    assert [key.name for key in keys] == ["k"]


def test_stop_stops_ours_and_nobody_elses(instance: Instance) -> None:
    """Stopping ends the process; a pid file that names a stranger is not believed."""
    process.start(instance)
    assert process.stop(instance)
    assert process.status(instance) is None
    assert not process.stop(instance)
    stranger = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        (instance.home / "localcloud.pid").write_text(f"{stranger.pid}\n")
        assert not process.stop(instance)
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def test_taken_port_is_named(instance: Instance) -> None:
    """The error says which port, and which variable gives another one."""
    with socket.create_server(("127.0.0.1", instance.api_port)):
        with pytest.raises(process.PortTakenError, match=str(instance.api_port)) as refused:
            process.start(instance)
        assert "LOCALCLOUD_PORT" in str(refused.value)


def test_taken_dns_port_is_named(instance: Instance) -> None:
    """A name server that cannot listen ends the start, and the reason is in the error."""
    with (
        socket.create_server(("127.0.0.1", instance.dns_port)),
        pytest.raises(process.ProcessError, match="LOCALCLOUD_DNS_PORT"),
    ):
        process.start(instance)
    assert process.running_pid(instance) is None


def test_another_local_cloud_on_the_port_is_told_apart(running: Instance, tmp_path: Path) -> None:
    """Whose port it is, is in the error."""
    other = Instance(name="other", home=tmp_path / "other", api_port=running.api_port)
    with pytest.raises(process.PortTakenError, match="'proc' answers there"):
        process.status(other)


def test_directory_of_somebody_else_is_left_alone(tmp_path: Path) -> None:
    """A directory with other files is neither taken over nor removed."""
    (tmp_path / "precious").write_text("x")
    taken = Instance(name="proc", home=tmp_path)
    with pytest.raises(LocalCloudError, match="LOCALCLOUD_HOME"):
        home.prepare(taken)
    home.remove(taken)
    assert (tmp_path / "precious").exists()


def test_home_is_private_and_goes_with_the_cloud(instance: Instance) -> None:
    """User data may hold secrets, so nobody else may look; `remove` leaves nothing."""
    assert instance.home.stat().st_mode & 0o777 == 0o700
    home.prepare(instance)
    home.remove(instance)
    assert not instance.home.exists()


def test_status_of_a_cloud_that_is_down(instance: Instance) -> None:
    """One line, what to do, exit code 1, no traceback."""
    done = _cli(instance, "status")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("localcloud: the local cloud 'proc' is not up")
    assert "python -m localcloud up" in done.stderr


def test_wrong_setting_is_one_line(instance: Instance) -> None:
    """A user's mistake is named after its variable."""
    done = _cli(instance, "--port", "http", "status")
    assert done.returncode == 1
    assert done.stderr == (
        "localcloud: LOCALCLOUD_PORT is 'http': use a whole number, such as 8421\n"
    )


def test_commands_on_a_running_cloud(running: Instance) -> None:
    """`status`, `reset` and `logs` find the process and say what there is."""
    headers = {"Authorization": f"Bearer {DEMO_TOKEN}"}
    body = {"name": "g", "type": "spread"}
    url = f"{running.endpoint}/placement_groups"
    assert httpx.post(url, json=body, headers=headers, trust_env=False).status_code == 201
    shown = _cli(running, "status")
    assert f"local cloud 'proc': {running.endpoint}" in shown.stdout
    assert "no servers" in shown.stdout
    assert _cli(running, "reset").returncode == 0
    assert httpx.get(url, headers=headers, trust_env=False).json()["placement_groups"] == []
    assert "POST /placement_groups 201" in _cli(running, "logs").stdout
    unknown = _cli(running, "logs", "web")
    assert (unknown.returncode, "there is no server 'web'" in unknown.stderr) == (1, True)


def _until_gone(instance: Instance) -> None:
    deadline = time.monotonic() + 5
    while process.running_pid(instance) is not None:
        assert time.monotonic() < deadline
        time.sleep(0.02)

"""`localcloud up` and `down` with real servers: what comes up, comes back, and goes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest
from hcloud import Client
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType

from localcloud import process
from localcloud.node import docker_engine
from localcloud.settings import DEMO_TOKEN, INSTANCE_LABEL, PROJECT_ROOT
from tests.e2e import lanes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from localcloud.settings import Instance

pytestmark = [pytest.mark.docker, pytest.mark.timeout(600)]

_BOOT_SECONDS = 60


@pytest.fixture
def instance(tmp_path: Path) -> Iterator[Instance]:
    """An instance of the test's own; the images come from the common cache."""
    with lanes.claim() as lane:
        made = lane.instance(tmp_path / "home")
        docker_engine.ensure()
        _localcloud(made, "down")  # what a killed run left
        yield made
        _localcloud(made, "down")


def _localcloud(instance: Instance, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "localcloud", *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT_ROOT,
        env=os.environ | process.environment(instance),
        timeout=500,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def _servers(instance: Instance) -> list[dict[str, Any]]:
    shown = json.loads(_localcloud(instance, "status", "--json"))
    servers: list[dict[str, Any]] = shown["servers"]
    return servers


def _left_over(instance: Instance) -> list[str]:
    """Docker objects of the instance."""
    client = docker_engine.connect()
    label = {"label": f"{INSTANCE_LABEL}={instance.name}"}
    containers = client.containers.list(all=True, filters={**label}, ignore_removed=True)
    volumes, networks = client.volumes.list(filters=label), client.networks.list(filters=label)
    return [str(one.id) for one in (*containers, *volumes, *networks)]


def _answers(address: str, port: int) -> bool:
    try:
        with socket.create_connection((address, port), timeout=1) as connection:
            return connection.recv(8).startswith(b"SSH-")
    except OSError:
        return False


def _wait_for(what: str, condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + _BOOT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, f"{what}: not within {_BOOT_SECONDS} s"
        time.sleep(0.2)


def test_up_twice_restart_and_down(instance: Instance) -> None:
    """Up is repeatable and brings running servers back after a crash; down leaves nothing."""
    first = _localcloud(instance, "up")
    assert "is up after" in first
    assert "is up after" not in _localcloud(instance, "up")

    client = Client(DEMO_TOKEN, api_endpoint=instance.endpoint, poll_interval=0.1)
    client.servers.create(
        "web", ServerType(name="cx23"), Image(name="debian-12"), location=Location(name="fsn1")
    ).next_actions[0].wait_until_finished()
    (server,) = _servers(instance)
    assert (server["name"], server["status"]) == ("web", "running")
    assert server["ipv4"].startswith(f"127.{instance.block}.")
    _wait_for("sshd", lambda: _answers(server["ipv4"], 22))

    _crash(instance, server["id"])
    assert not _answers(server["ipv4"], 22)
    _localcloud(instance, "up")
    _wait_for("sshd after a crash", lambda: _answers(server["ipv4"], 22))
    assert _servers(instance)[0]["status"] == "running"

    _localcloud(instance, "down")
    assert _left_over(instance) == []
    assert not instance.home.exists()
    assert process.status(instance) is None
    assert not _answers(server["ipv4"], 22)


def _crash(instance: Instance, server_id: int) -> None:
    """What is left of a cloud after its machine lost power."""
    pid = process.running_pid(instance)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    client = docker_engine.connect()
    client.containers.get(f"{instance.prefix}-server-{server_id}").kill()
    client.containers.get(f"{instance.prefix}-services").kill()

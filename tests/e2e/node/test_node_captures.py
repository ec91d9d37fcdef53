"""Snapshots: what was on a server's disk is on the disk of one made from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from localcloud.hetzner.machines import MachineError
from localcloud.node.publish import GHCR_PASSWORD, GHCR_USER

if TYPE_CHECKING:
    from tests.e2e.node.conftest import Server, Servers

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]
GHCR = "ghcr.localcloud.test"
APP = f"{GHCR}/nutri/backend:drain-1"
IMAGE_ID = 900


@pytest.fixture(scope="module")
def captured(servers: Servers) -> float:
    """A snapshot of a running server with a file, a Docker volume and a container; its size."""
    source = servers.boot(6)
    source.run(f"docker login -u {GHCR_USER} --password-stdin {GHCR}", GHCR_PASSWORD)
    source.run("echo root > /root/file")
    source.run(
        f"docker run -d --name app1 --restart always -v data:/data --user root {APP} &&"
        "docker exec app1 sh -c 'echo named > /data/file; echo layer > /layer; rm /etc/issue'"
    )
    size = servers.machines.capture(6, IMAGE_ID)
    assert source.run("docker exec app1 cat /layer") == "layer", "the source runs on"
    servers.machines.delete(6)
    return size


def check_content(server: Server) -> None:
    """Everything that was on the disk is there, deletions included."""
    assert server.run("cat /root/file") == "root"
    assert server.run("docker run --rm -v data:/data " + APP + " cat /data/file") == "named"
    assert server.run("docker exec app1 cat /layer") == "layer", "it was running and runs again"
    assert server.ssh("docker exec app1 test -e /etc/issue").returncode == 1


def test_a_new_server_from_a_snapshot_has_its_data(servers: Servers, captured: float) -> None:
    """Another server boots from the snapshot with its own name, host key and user data."""
    assert captured > 0.1
    server = servers.boot(7, f"image:{IMAGE_ID}")
    check_content(server)
    assert server.run("hostname") == "test-7"
    assert server.run("cat /root/first-boot").splitlines() == ["ran", "ran"]
    servers.machines.delete(7)


def test_a_rebuild_from_a_snapshot_brings_the_data_back(servers: Servers, captured: float) -> None:
    """Rebuilding an existing server from a snapshot replaces its disk."""
    assert captured
    server = servers.boot(8)
    server.run("echo new > /root/newer")
    servers.machines.power_off(8)
    servers.machines.rebuild(server.spec(f"image:{IMAGE_ID}"))
    assert not servers.machines.running(8)
    servers.machines.start(8)
    server.wait_booted()
    check_content(server)
    assert server.ssh("test -e /root/newer").returncode == 1
    servers.machines.delete(8)


def test_a_rebuild_from_debian_is_a_fresh_disk(servers: Servers) -> None:
    """Nothing of the old disk is left, and the user data runs as on a first boot."""
    server = servers.boot(9)
    server.run("echo old > /root/old; docker volume create old")
    servers.machines.rebuild(server.spec())
    servers.machines.start(9)
    server.wait_booted()
    assert server.ssh("test -e /root/old").returncode == 1
    assert server.run("docker volume ls -q") == ""
    assert server.run("cat /root/first-boot") == "ran"
    servers.machines.delete(9)


def test_a_dropped_image_cannot_be_used(servers: Servers, captured: float) -> None:
    """After it was forgotten, both halves are gone and it is refused; dropping twice is fine."""
    assert captured
    servers.machines.drop_image(IMAGE_ID)
    servers.machines.drop_image(IMAGE_ID)
    assert not (servers.instance.home / "images" / f"{IMAGE_ID}.tar").exists()
    with pytest.raises(MachineError, match="no image"):
        servers.machines.create(servers.describe(10).spec(f"image:{IMAGE_ID}"))

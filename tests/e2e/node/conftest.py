"""An instance of its own with real servers, and a client that pins their host key."""

from __future__ import annotations

import asyncio
import json
import subprocess
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from localcloud.hetzner.machines import MachineSpec
from localcloud.node.machines import DockerMachines
from tests.e2e.conftest import services_alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from docker import DockerClient

    from localcloud.settings import Instance

BOOT_SECONDS = 40


@dataclass(frozen=True)
class Key:
    """An SSH key pair on disk."""

    path: Path

    @property
    def private(self) -> str:
        """The private half."""
        return self.path.read_text()

    @property
    def public(self) -> str:
        """The public half: type and base64, no comment."""
        return " ".join(self.path.with_suffix(".pub").read_text().split()[:2])


@dataclass(frozen=True)
class Server:
    """A server of the tests and how to reach it."""

    id: int
    address: str
    folder: Path
    host_key: Key
    user_key: Key

    def spec(self, image: str = "system:debian-12", *, password: str | None = None) -> MachineSpec:
        """As the API would ask for it."""
        keys = {"ed25519_private": self.host_key.private, "ed25519_public": self.host_key.public}
        config = {"ssh_keys": keys, "runcmd": [["sh", "-c", "echo ran >> /root/first-boot"]]}
        return MachineSpec(
            id=self.id,
            name=f"test-{self.id}",
            cores=2,
            memory_gb=2,
            disk_gb=40,
            image=image,
            user_data=f"#cloud-config\n{json.dumps(config)}\n",
            ssh_keys=(self.user_key.public,),
            root_password=password,
            ipv4=self.address,
            location="fsn1",
        )

    def ssh(self, command: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command as root; the host key is the one given to the server, or it fails."""
        known_hosts = self.folder / "known_hosts"
        known_hosts.write_text(f"{self.address} {self.host_key.public}\n")
        options = {
            "UserKnownHostsFile": known_hosts,
            "GlobalKnownHostsFile": "/dev/null",
            "StrictHostKeyChecking": "yes",
            "BatchMode": "yes",
            "ConnectTimeout": "5",
        }
        flags = [part for name, value in options.items() for part in ("-o", f"{name}={value}")]
        target = ["-i", str(self.user_key.path), f"root@{self.address}", command]
        return subprocess.run(
            ["ssh", *flags, *target],
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )

    def run(self, command: str, stdin: str = "") -> str:
        """Run a command that must succeed; returns what it printed."""
        done = self.ssh(command, stdin)
        assert done.returncode == 0, f"{command!r}: {done.stderr or done.stdout}"
        return done.stdout.strip()

    def wait_booted(self) -> float:
        """Wait until cloud-init is done; returns the seconds until SSH answered."""
        began = time.monotonic()
        while (done := self.ssh("true")).returncode:
            assert time.monotonic() - began < BOOT_SECONDS, done.stderr
            time.sleep(0.2)
        took = time.monotonic() - began
        assert self.ssh("cloud-init status --wait").returncode == 0
        return took


@dataclass
class Servers:
    """Makes servers of one instance and switches them on."""

    instance: Instance
    client: DockerClient
    machines: DockerMachines
    folder: Path
    loop: asyncio.AbstractEventLoop
    """Where the edge runs."""

    def describe(self, server_id: int) -> Server:
        """A server with keys of its own, not made yet."""
        folder = self.folder / str(server_id)
        folder.mkdir(exist_ok=True)
        keys = [_key(folder / name) for name in ("host", "user")]
        address = f"127.{self.instance.block}.0.{server_id}"
        return Server(server_id, address, folder, *keys)

    def boot(self, server_id: int, image: str = "system:debian-12") -> Server:
        """A server that has booted."""
        server = self.describe(server_id)
        self.machines.create(server.spec(image))
        self.machines.start(server_id)
        server.wait_booted()
        return server


def _key(path: Path) -> Key:
    if not path.exists():
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "test", "-f", str(path)]
        subprocess.run(command, check=True)
    return Key(path)


@pytest.fixture(scope="session")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Servers]:
    """An instance with its services up; everything of it is gone afterwards."""
    folder = tmp_path_factory.mktemp("node")
    with services_alone(folder / "home") as (instance, client):
        machines = DockerMachines(instance, client)
        loop = asyncio.new_event_loop()
        thread = threading.Thread(target=loop.run_forever)
        thread.start()
        asyncio.run_coroutine_threadsafe(machines.edge.start(), loop).result(20)
        machines.resume()
        yield Servers(instance, client, machines, folder, loop)
        machines.close()
        asyncio.run_coroutine_threadsafe(machines.edge.stop(), loop).result(20)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture(scope="session")
def web(servers: Servers) -> Server:
    """A booted server most tests share: they leave it running."""
    return servers.boot(2)

"""Replicas like Coolify's on this machine's own Docker, and a runner in SSH's place."""

from __future__ import annotations

import json
import shlex
import subprocess
import uuid
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest

from clients.ssh import CommandFailedError, Result
from common.target import ServiceTarget
from localcloud.node import docker_engine
from localcloud.node.images import builder
from localcloud.settings import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

IMAGE = "127.0.0.1:9/nutri/backend"  # no registry answers there
TAGS = ("drain-1", "drain-2", "drain-never-healthy")
HEALTH = "curl -sf http://localhost:3000/health"


class Here:
    """Runs commands on this machine, as `SshClient` does on a server."""

    def run(
        self,
        command: str | Sequence[str],
        *,
        stdin: str | None = None,
        timeout: float = 60.0,
        check: bool = True,
    ) -> Result:
        """Run a command by the shell, as sshd does."""
        text = command if isinstance(command, str) else shlex.join(command)
        done = subprocess.run(
            ["sh", "-c", text],
            input=stdin or "",
            capture_output=True,
            text=True,
            timeout=timeout,
            check=False,
        )
        if check and done.returncode:
            raise CommandFailedError(
                done.stderr, code=done.returncode, stdout=done.stdout, stderr=done.stderr
            )
        return Result(done.stdout, done.stderr, done.returncode)


@dataclass(frozen=True)
class Replica:
    """An application of its own, with networks of its own."""

    application: str
    networks: tuple[str, str]
    runner: Here

    @property
    def service(self) -> ServiceTarget:
        """The service of this one replica."""
        return ServiceTarget(
            name="nutri-backend",
            url="https://api.nutri.test",
            image=IMAGE,
            tag="drain-2",
            replicas=1,
            applications=(self.application,),
        )

    def start(self, tag: str) -> str:
        """Start a container as Coolify would; returns its name."""
        name = f"{self.application}-120000000001"
        first, second = self.networks
        labels = {"coolify.name": self.application, "traefik.enable": "true"}
        words = [
            *("docker", "create", "--name", name, "--restart", "unless-stopped"),
            *("--network", first, "--network-alias", "nutri-backend", "--memory", "200m"),
            *(word for pair in labels.items() for word in ("--label", "=".join(pair))),
            *("--env", "PORT=3000", "--env", "DRAIN_SECONDS=1", "--env", "QUOTE=a 'b' \"c\" $d"),
            *("--health-cmd", HEALTH, "--health-interval", "1s", "--health-retries", "3"),
            f"{IMAGE}:{tag}",
        ]
        self.runner.run(words)
        self.runner.run(["docker", "network", "connect", "--alias", "inner", second, name])
        self.runner.run(["docker", "start", name])
        return name

    def ask(self, container: str, path: str) -> dict[str, str]:
        """What a container's app answers, once it listens."""
        url = f"http://localhost:3000{path}"
        patient = ("--retry", "20", "--retry-all-errors", "--retry-delay", "1")
        answer = self.runner.run(["docker", "exec", container, "curl", "-sS", *patient, url])
        return dict(json.loads(answer.stdout))

    def state(self, container: str) -> str:
        """Docker's word for a container's state."""
        command = ["docker", "inspect", "--format", "{{.State.Status}}", container]
        return self.runner.run(command).stdout.strip()

    def containers(self) -> list[str]:
        """The names of all its containers."""
        label = f"label=coolify.name={self.application}"
        command = ["docker", "ps", "--all", "--filter", label, "--format", "{{.Names}}"]
        return self.runner.run(command).stdout.split()


@pytest.fixture(scope="module")
def images() -> Iterator[None]:
    """The app's images under a registry's name."""
    client = docker_engine.ensure()
    built = builder(client, Instance.from_env()).ensure([f"backend-{tag}" for tag in TAGS])
    for tag in TAGS:
        client.images.get(built[f"backend-{tag}"]).tag(IMAGE, tag)
    yield
    for tag in TAGS:
        client.images.remove(f"{IMAGE}:{tag}", noprune=True)
    client.close()


@pytest.fixture
def replica(images: None) -> Iterator[Replica]:  # noqa: ARG001 - a fixture cannot use another by mark
    """A replica of nothing yet; what it got goes afterwards."""
    application = f"rollback{uuid.uuid4().hex[:16]}"
    networks = (f"{application}-outer", f"{application}-inner")
    made = Replica(application, networks, Here())
    for network in networks:
        made.runner.run(["docker", "network", "create", network])
    yield made
    for name in made.containers():
        made.runner.run(["docker", "rm", "--force", "--volumes", name])
    for network in networks:
        made.runner.run(["docker", "network", "rm", network])

"""The few things an emergency asks of a server's Docker, as commands over SSH.

Containers are created by the Engine's API on its local socket, with `curl`: `docker run` would
want the app's secrets on its command line or in a file, and not every setting has an option.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from common.errors import OperatorError
from runbook.rollback.clone import Clone, Inspected, parse_container, parse_image

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clients.drain import Runner

_PULL_SECONDS = 600.0
_CREATED = "201"
_LAST_LINES = 15


class Docker:
    """The Docker of one server."""

    def __init__(self, runner: Runner) -> None:
        self._run = runner.run

    def inspect(self, container: str) -> Inspected:
        """What makes a container what it is."""
        return parse_container(self._run(["docker", "container", "inspect", container]).stdout)

    def defaults(self, image: str) -> dict[str, Any]:
        """What an image gives its containers."""
        return parse_image(self._run(["docker", "image", "inspect", image]).stdout)

    def fetch(self, image: str) -> bool:
        """Make sure of an image, from the registry if need be; whether it was there already.

        Raises:
            OperatorError: it is neither here nor to be had.
        """
        if not self._run(["docker", "image", "inspect", image], check=False).code:
            return True
        done = self._run(["docker", "pull", "--quiet", image], timeout=_PULL_SECONDS, check=False)
        if done.code:
            said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
            raise OperatorError(f"{image} is not on the server, and cannot be pulled: {said}")
        return False

    def create(self, clone: Clone) -> str:
        """Create a container and join its networks; returns its id.

        Raises:
            OperatorError: Docker refuses.
        """
        done = self._run(create_command(clone.name), stdin=clone.as_json())
        container = created_id(done.stdout)
        for network, aliases in clone.further.items():
            self._run(connect_command(network, aliases, container))
        return container

    def start(self, container: str) -> None:
        """Start a container."""
        self._run(["docker", "start", container])

    def stop(self, container: str, seconds: int) -> None:
        """Stop a container, which stays to be looked at; it has so long to end by itself."""
        self._run(["docker", "stop", "--time", str(seconds), container], timeout=seconds + 60)

    def remove(self, container: str) -> None:
        """Remove a container, running or not."""
        self._run(["docker", "rm", "--force", container], check=False)

    def health(self, container: str) -> str:
        """Its health: 'healthy', 'starting', 'unhealthy'; its state where it has no check."""
        command = ["docker", "inspect", "--format", "{{json .State}}", container]
        state = json.loads(self._run(command).stdout)
        if state["Status"] != "running":
            return str(state["Status"])
        return str((state.get("Health") or {}).get("Status") or "running")

    def last_lines(self, container: str) -> str:
        """The end of its log."""
        command = ["docker", "logs", "--tail", str(_LAST_LINES), container]
        done = self._run(command, check=False)
        return "\n".join(f"    {line}" for line in (done.stdout + done.stderr).splitlines())


def create_command(name: str) -> list[str]:
    """The command that creates a container of its standard input; it prints answer and code."""
    return [
        "curl",
        "--silent",
        "--show-error",
        "--unix-socket",
        "/var/run/docker.sock",
        "--header",
        "Content-Type: application/json",
        "--data-binary",
        "@-",
        "--write-out",
        r"\n%{http_code}",
        f"http://docker/containers/create?name={name}",
    ]


def connect_command(network: str, aliases: Sequence[str], container: str) -> list[str]:
    """The command that joins a container to a network."""
    options = [word for alias in aliases for word in ("--alias", alias)]
    return ["docker", "network", "connect", *options, network, container]


def created_id(output: str) -> str:
    """The id in the answer to `create_command`.

    Raises:
        OperatorError: with Docker's reason.
    """
    answer, _, code = output.strip().rpartition("\n")
    try:
        found = json.loads(answer or "{}")
    except ValueError:
        found = {}
    if code != _CREATED or "Id" not in found:
        reason = found.get("message") or "it gives no reason"
        raise OperatorError(f"Docker creates no container (HTTP {code}): {reason}")
    return str(found["Id"])

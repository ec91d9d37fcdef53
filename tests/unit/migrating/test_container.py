"""The one-off container: how it is asked for, found again, and what becomes of its secrets."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, cast

import pytest

from clients.ssh import Result
from common.errors import OperatorError
from common.waiting import WaitTimeoutError, without_pauses
from runbook.migrate.container import Ended, one_off, require_urls

if TYPE_CHECKING:
    from clients.ssh import SshClient

_SECRET = "postgresql://u:secret@h/db"


@dataclass
class Server:
    """Takes commands as `SshClient` does, with a Docker that runs one container."""

    states: list[str] = field(default_factory=lambda: ["running", "exited"])
    code: int = 0
    commands: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)

    def run(self, command: list[str], *, stdin: str | None = None, **_: object) -> Result:
        """Answer."""
        self.commands.append(" ".join(command))
        if stdin is not None:
            self.scripts.append(stdin)
        if command[1] == "inspect":
            status = self.states.pop(0) if len(self.states) > 1 else self.states[0]
            return Result(json.dumps({"Status": status, "ExitCode": self.code}), "", 0)
        return Result(f"at {_SECRET}: ok\n" if command[1] == "logs" else "", "", 0)


def _run(server: Server, *, writes: bool = True) -> Ended:
    environment = {"DATABASE_URL": _SECRET}
    with without_pauses():
        return one_off(
            cast("SshClient", server),
            "ghcr.test/nutri/backend:v2",
            "npx prisma migrate deploy",
            environment,
            writes=writes,
            bound=5,
        )


def test_it_runs_to_its_end_and_leaves_nothing() -> None:
    """The result, and no container."""
    server = Server(code=3)
    assert _run(server) == Ended(3, "at ***: ok\n")
    assert server.commands[0] == "bash -s"
    assert server.commands[-1].startswith("docker rm --force --volumes nutri-one-off-")


def test_secrets_go_by_standard_input_alone() -> None:
    """Not on a command line here or there; in a file that only root reads."""
    server = Server()
    _run(server)
    assert not any("secret" in one for one in server.commands)
    (script,) = server.scripts
    after = script.partition("set -euo pipefail")[2]
    assert "--env-file" in after
    assert "mktemp" in after
    assert "secret" not in after


def test_the_same_again_is_found_by_its_name() -> None:
    """What writes is not taken away at the start; what reads is always new."""
    first, second = Server(), Server()
    _run(first)
    _run(second)
    assert first.commands == second.commands
    reads = Server()
    _run(reads, writes=False)
    assert reads.commands[0].startswith("docker rm --force")


def test_it_is_waited_for_no_longer_than_its_bound() -> None:
    """It stays, and the same command finds it again."""
    server = Server(states=["running"])
    with pytest.raises(WaitTimeoutError, match="npx prisma migrate deploy to end"):
        _run(server)
    assert not any(one.startswith("docker rm") for one in server.commands)


def test_values_of_several_lines_are_refused() -> None:
    """A file of the environment cannot hold them."""
    with pytest.raises(OperatorError, match="A: several lines"):
        require_urls({"A": "1\n2", "B": "1"})

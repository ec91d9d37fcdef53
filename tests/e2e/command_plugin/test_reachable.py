"""The program's own look at a server, before a command that has no bound of its own."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi_command import local, remote

from infra.servers.reachable import Reachable

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.command_plugin.conftest import Journal, Server, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]


def _program(server: Server, create: str) -> Callable[[], None]:
    """A server that another resource is yet to make, the look at it, and a command after that."""

    def program() -> None:
        machine: Any = local.Command("machine", create="echo 127.0.0.1")
        machine.ipv4_address = machine.stdout
        connection = server.connection()
        ssh = {
            "host": machine.stdout,
            "port": server.port,
            "user": connection.user,
            "host_key": " ".join(server.host_key.split()[:2]),
            "private_key": connection.private_key,
        }
        host: Any = SimpleNamespace(server=machine, ssh=lambda: ssh, named=lambda name: name)
        seen = Reachable(host)
        made = remote.Command(
            "it",
            connection=server.connection(host=seen.address),
            create=create,
            logging=remote.Logging.NONE,
        )
        pulumi.export("stdout", made.stdout)

    return program


def test_a_command_waits_for_the_look(stack: Stack, server: Server, journal: Journal) -> None:
    """It gets the address from it; a second run changes nothing and runs nothing."""
    program = _program(server, f"{journal.note('ran')}; echo in")
    stack.preview(program)
    assert stack.up(program).outputs["stdout"].value == "in"
    changes = stack.up(program).summary.resource_changes or {}
    assert {str(kind) for kind in changes} == {"OpType.SAME"} or set(changes) == {"same"}
    assert journal.lines == ["ran"]

"""Getting into an SSH server, and not getting in."""

from __future__ import annotations

import re
import socket
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pulumi
import pytest
from pulumi_command import local, remote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from tests.e2e.command_plugin.conftest import Journal, Server, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]


def command(connection: Any, create: str = "echo in") -> Callable[[], None]:  # noqa: ANN401
    """A program of one remote command that exports what it said."""

    def run() -> None:
        pulumi.export("stdout", remote.Command("it", connection=connection, create=create).stdout)

    return run


@pytest.fixture
def agent(server: Server, tmp_path: Path) -> Iterator[Path]:
    """The socket of an SSH agent that has the user's key."""
    path = tmp_path / "agent"
    process = subprocess.Popen(["ssh-agent", "-D", "-a", str(path)], stdout=subprocess.DEVNULL)
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.01)
    add = ["ssh-add", "-q", str(server.folder / "user")]
    subprocess.run(add, env={"SSH_AUTH_SOCK": str(path)}, check=True)
    yield path
    process.terminate()
    process.wait(10)


def test_another_host_key_is_refused(stack: Stack, server: Server, journal: Journal) -> None:
    """A server that shows another key than the pinned one gets no command to run."""
    other = server.read("user.pub")
    said = stack.fail(command(server.connection(host_key=other), journal.note("ran")))
    assert "host key mismatch" in said
    assert journal.lines == []


def test_a_host_key_must_be_one(stack: Stack, server: Server) -> None:
    """A host key that is none is named as the culprit."""
    said = stack.fail(command(server.connection(host_key="SHA256:abc")))
    assert "failed to parse host key" in said


def test_the_number_of_attempts_is_bounded(stack: Stack, server: Server) -> None:
    """A closed port is tried as often as allowed, then it is an error."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        closed = listener.getsockname()[1]
    said = stack.fail(command(server.connection(port=closed, dial_error_limit=2)))
    assert re.search(r"after [23] failed attempts", said)
    assert "connection refused" in said


def test_a_server_that_comes_up_late(stack: Stack, late_server: Server) -> None:
    """Attempts go on until the server is there."""
    result = stack.up(command(late_server.connection(dial_error_limit=30)))
    assert result.outputs["stdout"].value == "in"


def test_a_key_with_a_password(stack: Stack, server: Server) -> None:
    """An encrypted private key is opened with its password."""
    assert stack.up(command(server.connection(**server.locked_key))).outputs["stdout"].value == "in"


def test_an_unknown_key_is_refused(stack: Stack, server: Server) -> None:
    """The server decides who gets in."""
    said = stack.fail(command(server.connection(private_key=server.read("host"))))
    assert "unable to authenticate" in said


def test_an_agent(stack: Stack, server: Server, agent: Path) -> None:
    """The key may be an agent's."""
    connection = server.connection(private_key=None, agent_socket_path=str(agent))
    assert stack.up(command(connection)).outputs["stdout"].value == "in"


def test_a_proxy(stack: Stack, server: Server, make_server: Callable[[], Server]) -> None:
    """A server is reached through another, and each has its own key pinned."""
    behind = make_server()
    bastion = server.connection()
    proxy = remote.ProxyConnectionArgs(
        host="127.0.0.1",
        port=server.port,
        user=bastion.user,
        private_key=bastion.private_key,
        host_key=bastion.host_key,
    )
    result = stack.up(command(behind.connection(proxy=proxy), "echo from $SSH_CONNECTION"))
    assert result.outputs["stdout"].value.endswith(f"127.0.0.1 {behind.port}")
    said = stack.fail(command(behind.connection(proxy=proxy, host_key=server.host_key), "true"))
    assert "host key mismatch" in said


def test_a_server_that_is_not_known_yet(stack: Stack, server: Server) -> None:
    """A preview copes with an address that another resource is yet to give."""

    def program() -> None:
        address = local.Command("address", create="echo 127.0.0.1").stdout
        made = remote.Command("it", connection=server.connection(host=address), create="echo in")
        remote.CopyToRemote(
            "copy",
            connection=server.connection(host=address),
            source=pulumi.StringAsset("text"),
            remote_path=str(server.folder / "copy"),
        )
        pulumi.export("stdout", made.stdout)

    stack.preview(program)
    assert stack.up(program).outputs["stdout"].value == "in"
    assert server.read("copy") == "text"


def test_keys_stay_out_of_the_state(stack: Stack, server: Server) -> None:
    """The state on disk has the private key in encrypted form alone."""
    stack.up(command(server.connection()))
    key = server.read("user").splitlines()[2]
    assert "command:remote:Command" in stack.state
    assert key not in stack.state

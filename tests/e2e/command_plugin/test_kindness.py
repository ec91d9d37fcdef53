"""What our plugin does better than its original; nothing of the program may need it."""

from __future__ import annotations

import socket
import time
from typing import TYPE_CHECKING

import pulumi
import pytest
from pulumi_command import local, remote

from tests.e2e.command_plugin.test_connection import command

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.command_plugin.conftest import Server, Stack

pytestmark = [pytest.mark.engine, pytest.mark.timeout(120, func_only=True)]
_LONG = "head -c 200000 /dev/zero | tr '\\0' x"


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port that takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield listener.getsockname()[1]


@pytest.mark.usefixtures("_kind")
def test_a_silent_server_is_given_up(stack: Stack, server: Server, silent_port: int) -> None:
    """A server that never greets costs one dial timeout an attempt, not for ever."""
    connection = server.connection(port=silent_port, per_dial_timeout=1)
    start = time.monotonic()
    said = stack.fail(command(connection))
    assert "no SSH login within 1s" in said
    assert time.monotonic() - start < 10


@pytest.mark.usefixtures("_kind")
def test_the_pinned_key_is_asked_for(stack: Stack, server: Server) -> None:
    """Of a server's keys the pinned one is asked for, an RSA key under today's names too."""
    key = server.read("rsa.pub")
    assert stack.up(command(server.connection(host_key=key))).outputs["stdout"].value == "in"


def test_the_original_takes_no_rsa_key(stack: Stack, server: Server) -> None:
    """Which shows that the other tests run in its ways."""
    said = stack.fail(command(server.connection(host_key=server.read("rsa.pub"))))
    assert "no common algorithm for host key" in said


@pytest.mark.usefixtures("_kind")
def test_a_source_may_be_unknown_in_a_preview(stack: Stack, server: Server) -> None:
    """A preview copes with a text that another resource is yet to give."""

    def program() -> None:
        text = local.Command("text", create="echo text").stdout
        remote.CopyToRemote(
            "copy",
            connection=server.connection(),
            source=text.apply(pulumi.StringAsset),
            remote_path=str(server.folder / "unknown"),
        )

    stack.preview(program)
    stack.up(program)
    assert server.read("unknown") == "text"


@pytest.mark.usefixtures("_kind")
def test_a_long_line_is_no_end(stack: Stack, server: Server) -> None:
    """Ours logs it and goes on."""
    result = stack.up(command(server.connection(), _LONG))
    assert len(result.outputs["stdout"].value) == 200_000


def test_without_logging_a_long_line_arrives_from_the_original_too(
    stack: Stack, server: Server
) -> None:
    """So steps of the program log nothing."""

    def program() -> None:
        made = remote.Command(
            "it", connection=server.connection(), create=_LONG, logging=remote.Logging.NONE
        )
        pulumi.export("stdout", made.stdout)

    assert len(stack.up(program).outputs["stdout"].value) == 200_000

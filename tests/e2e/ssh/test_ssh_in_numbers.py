"""Many connections at once: sshd drops some before a log-in, and they come back."""

from __future__ import annotations

import contextlib
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import httpx
import pytest

from clients import ssh
from common.waiting import without_pauses
from tests.e2e.ssh.conftest import running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from common.target import SshTarget
    from tests.e2e.ssh.conftest import Keys

_IDLE = 25
_FEW = "MaxStartups 5:100:5\nLoginGraceTime {}\n"


@pytest.fixture
def grace() -> int:
    """Seconds the server lets a connection wait that says nothing."""
    return 3


@pytest.fixture
def crowded(
    sshd_program: str, keys: Keys, target: SshTarget, tmp_path: Path, grace: int
) -> Iterator[SshTarget]:
    """A server whose every place is held by a connection that says nothing."""
    more = _FEW.format(grace)
    with running(sshd_program, keys, tmp_path, more) as port, contextlib.ExitStack() as idle:
        # The second round takes the place of the look whether the server listens.
        for _ in range(2):
            for _ in range(_IDLE):
                idle.enter_context(socket.create_connection(("127.0.0.1", port)))
            time.sleep(0.5)
        yield target.model_copy(update={"port": port})


def test_a_dropped_connection_is_tried_again(crowded: SshTarget) -> None:
    """Until those that never logged in are gone."""
    with ssh.SshClient(crowded) as client:
        assert client.run("echo in").stdout == "in\n"


def test_so_are_a_stream_and_a_tunnel(crowded: SshTarget, hello: int) -> None:
    """They begin with a log-in too."""
    with ssh.SshClient(crowded) as client:
        assert list(client.stream("echo one; echo two")) == ["one", "two"]
        with client.tunnel(hello) as path:
            transport = httpx.HTTPTransport(uds=str(path))
            with httpx.Client(transport=transport) as http:
                assert http.get("http://there/").text == "hello"


@pytest.mark.parametrize("grace", [100])
def test_a_drop_is_told_as_that(crowded: SshTarget) -> None:
    """Where it does not end, with what sshd counts and how to see who it is."""
    with (
        without_pauses(),
        ssh.SshClient(crowded) as client,
        pytest.raises(ssh.SshBusyError, match=r"drops new connections.*MaxStartups.*ss -tn"),
    ):
        client.run("echo in")


def test_twenty_at_once_all_get_in(
    sshd_program: str, keys: Keys, target: SshTarget, tmp_path: Path
) -> None:
    """Twenty clients of one run each: whoever is dropped comes back at another time."""
    with running(sshd_program, keys, tmp_path, "MaxStartups 3:60:6\n") as port:
        there = target.model_copy(update={"port": port})

        def ask(number: int) -> str:
            with ssh.SshClient(there) as client:
                return client.run(f"echo {number}").stdout.strip()

        with ThreadPoolExecutor(20) as pool:
            assert list(pool.map(ask, range(20))) == [str(number) for number in range(20)]

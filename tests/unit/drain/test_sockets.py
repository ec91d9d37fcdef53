"""Connections and masks, as this machine's own kernel tells them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys

import pytest

from agent.drain import sockets


def test_a_connection_is_counted_while_it_is_there() -> None:
    """Whatever goes over it, from the proxy's address alone."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = str(server.getsockname()[1])
        assert sockets.under_way(os.getpid(), port, {"127.0.0.1"}) == 0
        with socket.create_connection(server.getsockname()):
            assert sockets.under_way(os.getpid(), port, {"127.0.0.1"}) == 1
            assert sockets.under_way(os.getpid(), port, {"10.0.1.9"}) == 0


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("0901000A:C350", "10.0.1.9"),
        ("0000000000000000FFFF00000901000A:C350", "10.0.1.9"),
        ("00000000000000000000000001000000:C350", ""),
    ],
)
def test_addresses_are_read_as_the_kernel_writes_them(text: str, wanted: str) -> None:
    """Plain, mapped into IPv6, and IPv6's own."""
    assert sockets.address(text) == wanted


@pytest.mark.parametrize(
    ("set_up", "wanted"),
    [
        ("signal.signal(signal.SIGTERM, lambda *_: None)", True),
        ("signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])", True),
        ("signal.signal(signal.SIGTERM, signal.SIG_IGN)", False),
        ("pass", False),
    ],
)
def test_who_heeds_a_stop(set_up: str, wanted: bool) -> None:
    """A handler, or a signal that is waited for; not the default of a container's first process."""
    program = f"import signal, time\n{set_up}\nprint(flush=True)\ntime.sleep(60)"
    words = [sys.executable, "-c", program]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        found = sockets.heeds_stop(process.pid)
        process.send_signal(signal.SIGKILL)
    assert found is wanted

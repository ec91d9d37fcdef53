"""The edge: open ports are open, everything else is refused, and no byte is lost."""

from __future__ import annotations

import asyncio
import hashlib
import os
import socket
import threading
import time
from typing import TYPE_CHECKING

import pytest

from localcloud.hetzner.machines import InboundRule
from localcloud.node.edge import Backend, Edge, Front
from localcloud.node.redirects import Redirects

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.localcloud_node.conftest import Loop, Street

PUBLIC = "127.213.0.5"
EVERYONE = ("0.0.0.0/0", "::/0")


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Send back what comes, until the client is done sending."""
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


def connect(port: int, *, source: str = "127.0.0.1", address: str = PUBLIC) -> socket.socket:
    """Open a connection to the public address."""
    return socket.create_connection((address, port), timeout=5, source_address=(source, 0))


def ask(port: int, payload: bytes = b"hello") -> bytes:
    """Send, close the sending half, read all."""
    with connect(port) as client:
        client.sendall(payload)
        client.shutdown(socket.SHUT_WR)
        return read_all(client)


def send_all(client: socket.socket, payload: bytes) -> None:
    """Send and close the sending half."""
    client.sendall(payload)
    client.shutdown(socket.SHUT_WR)


def read_all(client: socket.socket) -> bytes:
    """Read to the end of the stream."""
    return b"".join(iter(lambda: client.recv(65536), b""))


def eventually(condition: Callable[[], bool], what: str, seconds: float = 5) -> None:
    """Wait for a condition, failing with what was waited for."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s: {what}"
        time.sleep(0.02)


def refused(port: int, address: str = PUBLIC) -> bool:
    """Whether a connection is refused by the kernel."""
    try:
        connect(port, address=address).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it closed while the connection waited to be accepted
        return False
    return False


def test_what_listens_is_reachable_at_the_public_address(street: Street) -> None:
    """A port that listens in the server answers at the public address with the same number."""
    port = street.serve(echo)
    street.publish()
    assert ask(port) == b"hello"
    assert street.edge.open_ports(1) == {port}


def test_what_does_not_listen_is_refused(street: Street) -> None:
    """A port nothing listens on is refused, not accepted and dropped."""
    port = street.serve(echo)
    street.listening.clear()
    street.publish()
    assert refused(port)


def test_a_port_opens_and_closes_with_its_listener(street: Street) -> None:
    """The edge follows a service that starts and stops, without being told."""
    port = street.serve(echo)
    street.listening.clear()
    street.publish()
    street.listening.add(port)
    eventually(lambda: not refused(port), "the port opens")
    street.listening.discard(port)
    eventually(lambda: refused(port), "the port closes")


def test_a_port_no_rule_names_is_refused(street: Street) -> None:
    """The firewall closes what it does not name, also if something listens there."""
    port, other = street.serve(echo), street.serve(echo)
    street.publish((InboundRule("tcp", (port, port), EVERYONE),))
    assert ask(port) == b"hello"
    assert refused(other)


def test_an_empty_firewall_closes_everything(street: Street) -> None:
    """A firewall without rules is not the same as no firewall."""
    port = street.serve(echo)
    street.publish(())
    assert refused(port)


def test_rules_for_udp_open_no_tcp_port(street: Street) -> None:
    """The protocol of a rule counts."""
    port = street.serve(echo)
    street.publish((InboundRule("udp", (port, port), EVERYONE),))
    assert refused(port)


def test_a_rule_for_networks_elsewhere_closes_the_port(street: Street) -> None:
    """Where no client of this machine may pass, there is not even a listener."""
    port = street.serve(echo)
    street.publish((InboundRule("tcp", (port, port), ("203.0.113.0/24", "2001:db8::/32")),))
    assert refused(port)


def test_the_source_address_of_each_connection_counts(street: Street) -> None:
    """Of two clients of this machine only the one a rule names gets through."""
    port = street.serve(echo)
    street.publish((InboundRule("tcp", (port, port), ("127.0.0.1/32",)),))
    assert ask(port) == b"hello"

    def answer_to_a_stranger() -> bytes:
        with connect(port, source="127.0.0.9") as stranger:
            return stranger.recv(1)

    with pytest.raises(ConnectionResetError):  # as early as the connect, or by the first read
        answer_to_a_stranger()


def test_a_changed_firewall_holds_for_the_next_connection(street: Street) -> None:
    """`publish` returns when the change is in force."""
    port = street.serve(echo)
    street.publish()
    assert ask(port) == b"hello"
    street.publish(())
    assert refused(port)
    street.publish((InboundRule("tcp", (1, 65535), EVERYONE),))
    assert ask(port) == b"hello"


def test_an_established_connection_outlives_a_firewall_change(street: Street) -> None:
    """A firewall tracks connections: it decides about new ones only."""
    port = street.serve(echo)
    street.publish()
    with connect(port) as client:
        client.sendall(b"a")
        assert client.recv(1) == b"a"
        street.publish(())
        client.sendall(b"b")
        assert client.recv(1) == b"b"


def test_the_address_moves_with_the_server(street: Street) -> None:
    """After a change of address the old one is refused and the new one answers."""
    port = street.serve(echo)
    street.publish()
    street.publish(address="127.213.0.6")
    assert refused(port)
    assert not refused(port, "127.213.0.6")


def test_a_server_without_address_or_power_has_no_listeners(street: Street) -> None:
    """Neither a server without public address nor one that is off can be reached."""
    port = street.serve(echo)
    street.publish(address=None)
    assert street.edge.open_ports(1) == frozenset()
    street.edge.publish(1, Front(PUBLIC, None, None))
    assert refused(port)


def test_a_withdrawn_server_is_refused(street: Street) -> None:
    """A deleted server leaves no listener behind."""
    port = street.serve(echo)
    street.publish()
    street.edge.withdraw(1)
    assert refused(port)


def test_a_vanished_server_takes_its_listeners_along(loop: Loop) -> None:
    """A server whose process is gone is closed, whatever anyone says about it."""

    def gone(_pid: int, _address: str) -> frozenset[int]:
        raise FileNotFoundError

    edge = Edge(gone)
    loop.run(edge.start())
    edge.publish(1, Front(PUBLIC, None, Backend("127.0.0.1", 1)))
    assert edge.open_ports(1) == frozenset()
    loop.run(edge.stop())


def test_a_half_closed_connection_still_delivers(street: Street) -> None:
    """A client that is done sending gets the whole answer that comes afterwards."""

    async def answer_late(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.read()
        await asyncio.sleep(0.3)
        writer.write(b"answer to " + request)
        await writer.drain()
        writer.close()

    port = street.serve(answer_late)
    street.publish()
    assert ask(port, b"late") == b"answer to late"


def test_a_server_that_stops_sending_still_receives(street: Street) -> None:
    """The other half works alike: the client may go on sending after the server's end."""
    received: list[bytes] = []
    done = threading.Event()

    async def greet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.write_eof()
        received.append(await reader.read())
        writer.close()
        done.set()

    port = street.serve(greet)
    street.publish()
    with connect(port) as client:
        assert read_all(client) == b"bye"
        client.sendall(b"still here")
        client.shutdown(socket.SHUT_WR)
        assert done.wait(5)
    assert received == [b"still here"]


def test_a_server_that_speaks_first_is_heard(street: Street) -> None:
    """SSH's greeting comes before the client has said anything."""

    async def banner(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-test\r\n")
        await writer.drain()
        writer.close()

    port = street.serve(banner)
    street.publish()
    with connect(port) as client:
        assert read_all(client) == b"SSH-2.0-test\r\n"


def test_large_streams_arrive_whole(street: Street) -> None:
    """Many megabytes both ways at once come back unchanged."""
    port = street.serve(echo)
    street.publish()
    payload = os.urandom(24 * 1024 * 1024)
    with connect(port) as client:
        client.settimeout(30)
        sender = threading.Thread(target=send_all, args=(client, payload))
        sender.start()
        got = read_all(client)
        sender.join()
    assert hashlib.sha256(got).digest() == hashlib.sha256(payload).digest()


def test_a_reader_that_stalls_holds_up_its_sender(street: Street) -> None:
    """What is under way stays bounded: a server cannot pour more than the buffers hold."""
    sent = 0

    async def pour(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        chunk = bytes(1024 * 1024)
        for _ in range(256):
            writer.write(chunk)
            await writer.drain()
            sent += len(chunk)

    port = street.serve(pour)
    street.publish()
    with connect(port) as client:
        client.recv(1)
        before = -1
        while before != sent:
            before = sent
            time.sleep(0.3)
        assert sent < 64 * 1024 * 1024


def test_many_connections_at_once(street: Street) -> None:
    """Three hundred clients, open at the same time, each get their own answer."""
    port = street.serve(echo)
    street.publish()
    clients = [connect(port) for _ in range(300)]
    try:
        for number, client in enumerate(clients):
            client.sendall(str(number).encode())
        answers = [client.recv(16) for client in clients]
    finally:
        for client in clients:
            client.close()
    assert answers == [str(number).encode() for number in range(300)]


def test_a_reset_is_passed_on(street: Street) -> None:
    """A server that aborts is an abort for the client, not a proper end."""

    async def abort(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        raw = writer.get_extra_info("socket")
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.transport.abort()

    port = street.serve(abort)
    street.publish()
    with connect(port) as client:
        client.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            assert client.recv(1) == b"never", "a proper end"


def test_a_taken_port_is_told_and_tried_again(street: Street) -> None:
    """A port someone else holds is reported with its address, and taken once it is free."""
    port = street.serve(echo)
    with socket.socket() as squatter:
        squatter.bind((PUBLIC, port))
        squatter.listen()
        street.publish()
        assert f"{PUBLIC}:{port}" in street.edge.problems()[0]
    eventually(lambda: street.edge.open_ports(1) == {port}, "the port is taken over")
    assert street.edge.problems() == ()


class Filter(Redirects):
    """A packet filter that only notes what it was told."""

    def __init__(self) -> None:
        super().__init__("localcloud-unittest")
        self.rules: set[tuple[str, int, int]] = set()

    def add(self, address: str, port: int, to_port: int) -> None:
        """Note a redirection."""
        self.rules.add((address, port, to_port))

    def remove(self, address: str, port: int, to_port: int) -> None:
        """Forget one; there must be one."""
        self.rules.remove((address, port, to_port))

    def clear(self) -> None:
        """Forget all."""
        self.rules.clear()


def test_a_port_held_on_all_addresses_is_redirected(loop: Loop) -> None:
    """With this machine's own sshd on 0.0.0.0:22, a server's port 22 is led elsewhere."""
    redirects = Filter()
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        squatter.bind(("0.0.0.0", 0))  # noqa: S104 - what an sshd does
        squatter.listen()
        port = squatter.getsockname()[1]
        backend = loop.run(asyncio.start_server(echo, "127.0.0.7", port, reuse_port=True))
        edge = Edge(lambda _pid, _address: frozenset({port}), redirects)
        loop.run(edge.start())
        edge.publish(1, Front(PUBLIC, None, Backend("127.0.0.7", 1)))
        ((address, held, free),) = redirects.rules
        assert (address, held) == (PUBLIC, port)
        assert ask(free) == b"hello"
        loop.run(edge.stop())
        backend.close()
    assert redirects.rules == set()


def test_stop_closes_listeners_and_connections(loop: Loop, street: Street) -> None:
    """After `stop` nothing listens and open connections have ended."""
    port = street.serve(echo)
    street.publish()
    client = connect(port)
    client.sendall(b"x")
    assert client.recv(1) == b"x"
    loop.run(street.edge.stop())
    assert refused(port)
    client.settimeout(5)
    with client, pytest.raises(ConnectionResetError):
        assert client.recv(1) == b"never", "a proper end"

"""The domain of Coolify's first user, asked for as Coolify does: by a real question over UDP."""

from __future__ import annotations

import socket
import threading
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pulumi
import pytest

from infra import state
from infra.coolify import root_email
from localcloud.dns.answers import answer
from localcloud.hetzner.zones.models import Zone
from localcloud.hetzner.zones.records import Record, RRSet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from config.settings import Settings

_SOA = RRSet("@", "SOA", (Record("ns.test. x.test. 1 86400 10800 3600000 60"),))


def _zone(name: str, *sets: tuple[str, str]) -> Zone:
    own = tuple(RRSet("@", kind, (Record(value),)) for kind, value in sets)
    return Zone(id=0, name=name, created="", ttl=60, rrsets=(_SOA, *own))


_ZONES = (
    _zone("mail.test", ("MX", "10 mx.mail.test.")),
    _zone("site.test", ("A", "192.0.2.1")),
    _zone("none.test", ("MX", "0 .")),
    _zone("bare.test"),
)


@pytest.fixture(scope="module")
def nameserver() -> Iterator[str]:
    """A name server that knows a few domains."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (packet := server.recvfrom(4096))[0] != b"end":
                server.sendto(answer(packet[0], _ZONES) or b"", packet[1])

        thread = threading.Thread(target=serve)
        thread.start()
        host, port = server.getsockname()
        yield f"{host}:{port}"
        server.sendto(b"end", (host, port))
        thread.join()


def _problems(
    monkeypatch: pytest.MonkeyPatch, nameserver: str, domain: str, *known: dict[str, Any]
) -> list[str]:
    monkeypatch.setattr(state, "resources", lambda: known)
    made = SimpleNamespace(coolify_root_email=f"ops@{domain}", nameservers=(nameserver,))
    return root_email.problems(cast("Settings", made))


@pytest.mark.parametrize("domain", ["mail.test", "site.test"])
def test_a_domain_that_takes_mail(
    monkeypatch: pytest.MonkeyPatch, nameserver: str, domain: str
) -> None:
    """By an MX record, or by an address in its place."""
    assert _problems(monkeypatch, nameserver, domain) == []


@pytest.mark.parametrize("domain", ["none.test", "bare.test", "away.bare.test"])
def test_a_domain_that_takes_none_is_refused(
    monkeypatch: pytest.MonkeyPatch, nameserver: str, domain: str
) -> None:
    """It says so itself, has no record yet, or does not exist."""
    (line,) = _problems(monkeypatch, nameserver, domain)
    assert line.startswith(f"nutri:coolifyRootEmail: {domain} has no MX, A or AAAA record")


def test_it_is_asked_once(monkeypatch: pytest.MonkeyPatch, nameserver: str) -> None:
    """Coolify itself asks at its first start alone."""
    assert _problems(monkeypatch, nameserver, "bare.test", {"urn": "x"}) == []


def test_where_nobody_tells_it_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, nameserver: str
) -> None:
    """A name server that refuses to answer says nothing of the domain."""
    said: list[str] = []
    monkeypatch.setattr(pulumi.log, "warn", said.append)
    assert _problems(monkeypatch, nameserver, "elsewhere.example") == []
    assert "was not found out" in said[0]

"""Certificates are asked for again where that can help, and not more often than is borne."""

from __future__ import annotations

import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Self

import pytest

from clients.dns import NameNotResolvedError
from clients.tls import Certificate
from common.target import BalancerTarget
from infra.ingress import certificates
from infra.remote import program
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from pathlib import Path

    from common.target import Target

HOST = "api.nutri.test"
_TAIL = f'ACME CA=https://acme/directory domains=["{HOST}"] routerName=nutri-backend@docker'
_WORDS = "\x1b[31mERR\x1b[0m Unable to obtain ACME certificate for domains"
_FAILURE = (
    f'{_WORDS} error="unable to generate a certificate for the domains [{HOST}]: error: one or '
    f"more domains had a problem: [{HOST}] invalid authorization: acme: error: 400 :: no such "
    f'name" {_TAIL}'
)
_SILENT = f'{_WORDS} error="cannot get ACME client get directory at https://acme: EOF" {_TAIL}'
_LIMITED = (
    f'{_WORDS} error="... acme: error: 429 :: urn:ietf:params:acme:error:rateLimited :: too '
    f'many" {_TAIL}'
)


@dataclass
class Server:
    """The folder of a proxy, and its log."""

    folder: Path
    log: list[str] = field(default_factory=list)

    def ask(self, most: int = 3) -> str:
        """Run the script; what it says."""
        tools = self.folder / "bin"
        tools.mkdir(exist_ok=True)
        (tools / "log").write_text("".join(f"{line}\n" for line in self.log))
        (tools / "docker").write_text(f"#!/bin/sh\ncat {tools}/log >&2\n")
        (tools / "docker").chmod(0o755)
        (self.folder / "dynamic").mkdir(exist_ok=True)
        done = subprocess.run(
            ["bash", "-s"],
            input=program("ask-for-certificates.sh", {"HOSTS": HOST, "MOST": str(most)}),
            env={"PATH": f"{tools}:/usr/bin:/bin", "FOLDER": str(self.folder)},
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        )
        return done.stdout

    @property
    def file(self) -> Path:
        """What makes the proxy ask."""
        return self.folder / "dynamic" / "nutri-ask.yaml"


@pytest.fixture
def server(tmp_path: Path) -> Server:
    """A proxy that was not asked yet."""
    return Server(tmp_path)


def test_the_configuration_changes_each_time_up_to_the_bound(server: Server) -> None:
    """Then it is let be, until the hour is over."""
    assert "asks again (1 of 2" in server.ask(2)
    first = server.file.read_text()
    time.sleep(1.1)  # its clock has seconds
    assert "asks again (2 of 2" in server.ask(2)
    second = server.file.read_text()
    assert first != second
    assert "not asked again: asked 2 times" in server.ask(2)
    assert server.file.read_text() == second
    hour_ago = int(time.time()) - 3700
    (server.folder / "nutri-asked").write_text(f"{hour_ago}\n{hour_ago}\n")
    assert "asks again (1 of 2" in server.ask(2)


def test_failures_of_its_own_count_and_are_told(server: Server) -> None:
    """The fifth would shut the name out; the last one says what is wrong."""
    server.log = [_FAILURE] * 3
    said = server.ask()
    last = "acme: error: 400 :: no such name"
    assert f"{HOST}: 3 failures within the hour, the last: {last}\n" in said
    assert "asks again" in said
    server.log = [_FAILURE] * 4
    assert "refused 4 times within the hour" in server.ask()


def test_a_vendor_that_does_not_answer_refuses_nothing(server: Server) -> None:
    """What it did not count does not keep us from asking; why it failed is told."""
    server.log = [_SILENT] * 9
    said = server.ask()
    assert "9 failures within the hour, the last: cannot get ACME client" in said
    assert "directory at https://acme: EOF\n" in said
    assert "asks again" in said


def test_failures_of_other_names_are_not_this_ones(server: Server) -> None:
    """The limit is by name."""
    server.log = [_FAILURE.replace(HOST, "ml.nutri.test")] * 5
    said = server.ask()
    assert "failures" not in said
    assert "asks again" in said


def test_the_vendors_limit_is_not_tried(server: Server) -> None:
    """Asking would only make it longer."""
    server.log = [_LIMITED]
    assert "the vendor's limit is reached" in server.ask()
    assert not server.file.exists()


@pytest.fixture
def target() -> Target:
    """A platform of one server."""
    return make_target(443)


@dataclass
class World:
    """What is seen of names and certificates, and what was asked of the server."""

    shown: list[str | None]
    """Failures of the handshakes, one after the other; the last one stays."""
    address: str | None = "127.0.0.1"
    asked: list[str] = field(default_factory=list)
    told: list[str] = field(default_factory=list)

    def certificate(self, *_: object) -> Certificate:
        """The next look."""
        failure = self.shown.pop(0) if len(self.shown) > 1 else self.shown[0]
        return Certificate(failure=failure)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The name server's answer."""
        if self.address is None:
            raise NameNotResolvedError(f"{name} does not resolve: no such name")
        return (self.address,)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None: ...

    def run(self, _command: str, *, stdin: str) -> Any:  # noqa: ANN401 - a result
        """The script on the server."""
        self.asked.append(stdin)
        return subprocess.CompletedProcess([], 0, stdout="the proxy asks again (1 of 3)\n")


def look(
    world: World, target: Target, monkeypatch: pytest.MonkeyPatch, comes: float = 0.0
) -> World:
    """One look at the world."""
    monkeypatch.setattr(certificates, "certificate", world.certificate)
    monkeypatch.setattr(certificates, "Resolver", lambda _servers: world)
    monkeypatch.setattr(certificates, "SshClient", lambda _target: world)
    monkeypatch.setattr(certificates, "trust", lambda _bundle: None)
    monkeypatch.setattr(certificates, "_COMES_SECONDS", comes)
    one = target.model_copy(update={"services": target.services[:1]})
    certificates.ask_again(one, world.told.append, sleep=lambda _seconds: None)
    return world


def test_a_valid_certificate_is_let_be(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is asked anything."""
    world = look(World([None]), target, monkeypatch)
    assert (world.asked, world.told) == ([], [])


@pytest.mark.parametrize("address", [None, "192.0.2.9"])
def test_a_name_that_does_not_lead_here_is_waited_for(
    address: str | None, target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Asking would fail, and failures are counted: what is to be done is told instead."""
    world = look(World(["self-signed certificate"], address), target, monkeypatch)
    assert world.asked == []
    assert "waits until its name leads to" in world.told[0]
    assert "registrar" in world.told[0]


def test_one_on_its_way_is_waited_for(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The proxy asks by itself when a replica comes."""
    world = World(["self-signed certificate"] * 3 + [None])
    look(world, target, monkeypatch, comes=60)
    assert (world.asked, world.told) == ([], [])


def test_the_proxy_is_asked_again(target: Target, monkeypatch: pytest.MonkeyPatch) -> None:
    """The name leads here, and still no certificate: what the server says is told."""
    world = look(World(["self-signed certificate"]), target, monkeypatch)
    assert "ask-" in world.asked[0]
    assert "no certificate yet for" in world.told[0]
    assert "asks again (1 of 3)" in world.told[0]


def test_behind_a_balancer_the_names_lead_to_it(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first server's proxy is asked all the same, for the way back to one server."""
    front = BalancerTarget(name="balancer", id=1, ipv4="192.0.2.7", ipv6="2001:db8::7")
    behind = target.model_copy(update={"balancer": front})
    world = World(["self-signed certificate"], "192.0.2.7")
    assert "ask-" in look(world, behind, monkeypatch).asked[0]
    waits = look(World(["self-signed certificate"], "127.0.0.1"), behind, monkeypatch)
    assert waits.asked == []
    assert "leads to 192.0.2.7" in waits.told[0]

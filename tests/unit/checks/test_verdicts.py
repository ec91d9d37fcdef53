"""Verdicts where the world is hard to build: pure evidence in, verdict out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from checks import Status, redis
from checks.containers import judge_containers, parse_containers
from checks.health import judge_latency
from checks.hetzner import ServerFacts
from checks.inside import Asked
from checks.ports import SshPort, is_inside, judge_ssh_port
from checks.server import judge_backups, judge_protection
from checks.web import Answer
from clients.dns import Resolver
from clients.tls import Port, own_address
from common import target as t
from common.errors import OperatorError

if TYPE_CHECKING:
    import ipaddress

    from common.target import ServerTarget, Target
    from tests.unit.checks.conftest import World


@pytest.fixture
def target(world: World) -> Target:
    """Some target."""
    with world.observed() as (target, _):
        return target


def _public(target: Target) -> ServerTarget:
    return target.servers[0].model_copy(update={"ipv4": "203.0.114.7"})


@pytest.mark.parametrize(
    ("port", "status"), [(Port.OPEN, Status.GREEN), (Port.SILENT, Status.UNKNOWN)]
)
def test_behind_nat_a_shut_ssh_port_tells_nothing(
    port: Port, status: Status, target: Target
) -> None:
    """Our address as the firewall sees it is not known there."""
    verdict = judge_ssh_port(
        _public(target), SshPort(port, "192.168.1.5"), _only(target, "8.8.8.8/32")
    )
    assert verdict.status is status
    assert "behind NAT" in verdict.message


@pytest.mark.parametrize(
    ("port", "source", "status"),
    [
        (Port.OPEN, "8.8.8.8", Status.GREEN),
        (Port.SILENT, "8.8.8.8", Status.RED),
        (Port.OPEN, "9.9.9.9", Status.RED),
        (Port.SILENT, "9.9.9.9", Status.GREEN),
        (Port.REFUSED, "9.9.9.9", Status.GREEN),
    ],
)
def test_the_ssh_port_is_judged_by_our_address(
    port: Port, source: str, status: Status, target: Target
) -> None:
    """Open to the networks it should be open to, and to no others."""
    verdict = judge_ssh_port(_public(target), SshPort(port, source), _only(target, "8.8.8.0/24"))
    assert verdict.status is status


def _only(target: Target, network: str) -> Target:
    expectations = target.expectations.model_copy(update={"ssh_networks": (network,)})
    return target.model_copy(update={"expectations": expectations})


@given(st.ip_addresses(v=4), st.integers(0, 32))
def test_an_address_is_inside_its_own_network(address: ipaddress.IPv4Address, length: int) -> None:
    """Whatever the mask, host bits set or not."""
    assert is_inside(str(address), [f"{address}/{length}"])
    assert is_inside(str(address), ["::/0", f"{address}/{length}"])
    assert not is_inside(str(address), ["::/0"])


@given(st.lists(st.floats(0.001, 3), min_size=5, max_size=5))
def test_latency_is_judged_by_the_median(seconds: list[float]) -> None:
    """Two slow answers of five are let be, three are not."""
    target = _budget(500)
    answers = tuple(Asked("there", Answer(200, "ok", value)) for value in seconds)
    verdict = judge_latency(target.services[0], answers, target)
    slow = sum(value * 1000 >= 500 for value in seconds)
    assert verdict.is_green == (slow < 3)


def _budget(milliseconds: int) -> Target:
    service = t.ServiceTarget(
        name="s", url="https://s", image="i", tag="1", replicas=0, applications=()
    )
    return t.Target(
        stack="s",
        domain="d",
        servers=(),
        coolify=t.CoolifyTarget(version="1", token=SecretStr("x")),
        hetzner=t.HetznerTarget(endpoint="http://h", token=SecretStr("x")),
        services=(service,),
        expectations=t.Expectations(
            live_latency_ms=milliseconds, open_ports=(), ssh_networks=(), shut_ports=()
        ),
        vantage=t.Vantage(),
    )


def test_replicas_without_applications_are_red(target: Target) -> None:
    """A scale-out that Coolify does not know of yet is told as that."""
    service = target.services[0].model_copy(update={"replicas": 3})
    verdict = judge_containers(service, [], target)
    assert verdict.status is Status.RED
    assert "3 replicas are wanted, Coolify has 2" in verdict.message


def test_backups_that_are_not_wanted_may_be_off(target: Target, world: World) -> None:
    """Off as configured is green."""
    world.server["backup_window"] = None
    expectations = target.expectations.model_copy(update={"backups": False})
    facts = ServerFacts.model_validate(world.server)
    wanted = target.model_copy(update={"expectations": expectations})
    assert judge_backups(target.servers[0], facts, wanted).is_green
    assert judge_backups(target.servers[0], facts, target).status is Status.RED


@pytest.mark.parametrize("output", ["{", "[]", '{"id": 1}\n', "permission denied"])
def test_docker_that_answers_strangely_is_no_evidence(output: str) -> None:
    """Rows of another kind raise, so they become unknown."""
    with pytest.raises(OperatorError, match="docker ps"):
        parse_containers(output)


def test_no_containers_are_no_error() -> None:
    """An empty list is evidence."""
    assert parse_containers("\n") == []


def test_an_address_stands_for_itself() -> None:
    """No DNS server is asked for an address."""
    assert Resolver(["127.0.0.1:9"]).addresses("192.0.2.1") == ("192.0.2.1",)


def test_our_address_towards_loopback_is_loopback() -> None:
    """The source address depends on where we look."""
    assert own_address("127.0.0.1") == "127.0.0.1"


@pytest.mark.parametrize(
    ("body", "fields"), [("{}", {}), ("[1]", {}), ("no", {}), ('{"a": 1}', {"a": 1})]
)
def test_only_a_json_object_has_fields(body: str, fields: dict[str, int]) -> None:
    """Any other body has none."""
    assert Answer(200, body).fields == fields


@pytest.mark.parametrize(
    ("url", "address", "is_green"),
    [
        ("redis://:x@cache", "10.0.0.5", True),
        ("redis://:x@cache", "203.0.114.9", False),
        ("rediss://:x@cache", "203.0.114.9", True),
    ],
)
def test_redis_without_tls_is_for_private_networks(url: str, address: str, is_green: bool) -> None:
    """Its password would go over the internet as it is."""
    told = redis.Told("nutri-1", "done", "", address, 0.01, {})
    verdict = redis.judge(t.RedisTarget(url=SecretStr(url)), (told,), _budget(1))
    assert verdict.is_green is is_green
    assert verdict.suspects == (() if is_green else ("redis",))


def test_a_protection_that_is_not_wanted_may_be_off(target: Target, world: World) -> None:
    """Off as configured is green, and says by which setting."""
    world.server["protection"] = {"delete": False, "rebuild": False}
    expectations = target.expectations.model_copy(update={"protect": False})
    facts = ServerFacts.model_validate(world.server)
    wanted = target.model_copy(update={"expectations": expectations})
    verdict = judge_protection(target.servers[0], facts, wanted)
    assert verdict.is_green
    assert "as configured (nutri:protect)" in verdict.message
    assert judge_protection(target.servers[0], facts, target).status is Status.RED

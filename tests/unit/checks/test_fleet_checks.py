"""Checks of several servers: each of their broken worlds is told, and a whole one is green."""

from __future__ import annotations

from typing import Any

import pytest

from checks import Status
from checks.check import lasting_servers
from checks.containers import Container, judge_containers
from checks.fleet import BALANCER, PLACEMENT, judge_balancer, judge_placement
from checks.hetzner import BalancerFacts
from common.target import BalancerTarget, ServerTarget, ServiceTarget, Target
from tests.unit.targets import make_target


def _server(number: int) -> ServerTarget:
    return (
        make_target(9)
        .servers[0]
        .model_copy(
            update={
                "name": f"nutri-{number}",
                "id": 40 + number,
                "ipv4": f"203.0.113.{number}",
                "member": number > 1,
            }
        )
    )


_BACKEND = ServiceTarget(
    name="nutri-backend",
    url="https://api.nutri.test",
    image="registry/backend",
    tag="good-1",
    replicas=2,
    applications=("a", "b"),
)
_FRONT = BalancerTarget(name="front", id=7, ipv4="203.0.113.9", ipv6="2001:db8::9")


def _target(count: int = 2) -> Target:
    return make_target(9).model_copy(
        update={
            "servers": tuple(_server(number) for number in range(1, count + 1)),
            "balancer": _FRONT if count > 1 else None,
            "services": (_BACKEND,),
        }
    )


def _facts(ip: str = "203.0.113.9", **states: str) -> BalancerFacts:
    targets: list[dict[str, Any]] = [
        {"server": {"id": int(number[1:])}, "health_status": [{"status": state}] if state else []}
        for number, state in states.items()
    ]
    return BalancerFacts.model_validate({"public_net": {"ipv4": {"ip": ip}}, "targets": targets})


def test_one_server_has_neither() -> None:
    """Nothing is asked where there is nothing to spread over; its names lead to the server."""
    alone = _target(1)
    assert not PLACEMENT.subjects(alone)
    assert not BALANCER.subjects(alone)
    assert (alone.front_ipv4, _target().front_ipv4) == ("203.0.113.1", "203.0.113.9")


def test_only_the_first_server_has_to_be_kept() -> None:
    """Backups and protection are asked of it alone."""
    assert list(lasting_servers(_target())) == ["nutri-1"]


def test_whole_fleets_are_green() -> None:
    """Replicas on both servers, both healthy behind the balancer."""
    target = _target()
    placed = judge_placement(_BACKEND, {"nutri-1": 1, "nutri-2": 1}, target)
    balanced = judge_balancer(_FRONT, _facts(n41="healthy", n42="healthy"), target)
    assert (placed.status, balanced.status) == (Status.GREEN, Status.GREEN)


@pytest.mark.parametrize(
    ("found", "says"),
    [
        ({"nutri-1": 2, "nutri-2": 0}, "no healthy replica of nutri-backend on nutri-2"),
        ({"nutri-1": 1, "nutri-2": None}, "nutri-2 (no answer)"),
        ({"nutri-1": 2}, "runs on one server only"),
    ],
)
def test_a_service_on_one_server_is_red(found: dict[str, int | None], says: str) -> None:
    """The loss of one server would be the loss of the service."""
    verdict = judge_placement(_BACKEND, found, _target())
    assert verdict.status is Status.RED
    assert says in verdict.message
    assert verdict.remedy


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (None, "knows no load balancer with id 7"),
        (_facts("203.0.113.66", n41="healthy", n42="healthy"), "203.0.113.66 instead of"),
        (_facts(n41="healthy"), "nutri-2 is no target"),
        (_facts(n41="healthy", n42="unhealthy"), "nutri-2 is unhealthy"),
        (_facts(n41="healthy", n42=""), "nutri-2 was not looked at yet"),
    ],
)
def test_a_server_without_requests_is_red(facts: BalancerFacts | None, says: str) -> None:
    """Each reason why the balancer sends it nothing is told."""
    verdict = judge_balancer(_FRONT, facts, _target())
    assert verdict.status is Status.RED
    assert says in verdict.message
    assert verdict.remedy


def test_a_worker_may_run_on_one_server_alone() -> None:
    """Nobody asks it, so nobody has to find it."""
    target = _target()
    assert set(PLACEMENT.subjects(target)) == {"nutri-backend"}
    worker = _BACKEND.model_copy(update={"http": False, "url": ""})
    assert PLACEMENT.subjects(target.model_copy(update={"services": (worker,)})) == {}


def test_a_worker_needs_no_health_check() -> None:
    """One that has one has to pass it all the same."""
    worker = _BACKEND.model_copy(update={"http": False, "url": "", "replicas": 1})
    worker = worker.model_copy(update={"applications": ("a",)})
    for status, is_green in (("Up 2 hours", True), ("Up 2 hours (unhealthy)", False)):
        row = {"id": "1", "name": "a-1", "image": "registry/backend:good-1", "state": "running"}
        one = Container.model_validate(row | {"status": status, "application": "a"})
        assert judge_containers(worker, [one], _target()).is_green is is_green
        assert not judge_containers(_BACKEND, [one], _target()).is_green

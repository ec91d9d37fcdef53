"""S2: several servers: each service on more than one of them, all of them behind the balancer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from checks.check import Check, speaking
from checks.containers import on_server
from checks.verdict import Verdict, green, red
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.hetzner import BalancerFacts
    from checks.observer import Observer
    from common.target import BalancerTarget, ServiceTarget, Target

_ENOUGH = 2
_UP = "run `pulumi up`"

Placement = dict[str, "int | None"]
"""Healthy replicas by server; None: the server could not be asked."""


def _spread_services(target: Target) -> Mapping[str, ServiceTarget]:
    """Those that each server's own proxy, or its other services, have to find on it."""
    return speaking(target) if len(target.servers) > 1 else {}


def _balancers(target: Target) -> Mapping[str, BalancerTarget]:
    return {target.balancer.name: target.balancer} if target.balancer else {}


def collect_placement(observer: Observer, service: ServiceTarget) -> Placement:
    """The healthy replicas of the service on each server."""
    found: Placement = {}
    for server in observer.target.servers:
        try:
            there = on_server(observer, server)
        except OperatorError:
            found[server.name] = None
            continue
        mine = [one for one in there if one.application in service.applications]
        found[server.name] = sum(one.runs and one.is_healthy for one in mine)
    return found


def judge_placement(service: ServiceTarget, found: Placement, _target: Target) -> Verdict:
    """Green when healthy replicas run on two servers at least, and on each that can be asked."""
    silent = [server for server, count in found.items() if count is None]
    empty = [server for server, count in found.items() if count == 0]
    serving = [server for server, count in found.items() if count]
    told = ", ".join(f"{server}: {count}" for server, count in found.items() if count is not None)
    remedy = f"{_UP}; see `runbook check containers`"
    if silent or empty:
        without = ", ".join([*empty, *(f"{server} (no answer)" for server in silent)])
        return red(f"no healthy replica of {service.name} on {without}; {told}", remedy)
    if len(serving) < _ENOUGH:
        return red(f"{service.name} runs on one server only; {told}", remedy)
    return green(f"on {len(serving)} servers; {told}")


def collect_balancer(observer: Observer, balancer: BalancerTarget) -> BalancerFacts | None:
    """The balancer as the Hetzner API describes it."""
    return observer.balancer_facts(balancer)


def judge_balancer(
    balancer: BalancerTarget, facts: BalancerFacts | None, target: Target
) -> Verdict:
    """Green when every server is a target that the balancer's checks find healthy."""
    if facts is None:
        return red(f"the Hetzner API knows no load balancer with id {balancer.id}", _UP)
    if facts.public_net.ipv4.ip != balancer.ipv4:
        return red(f"its address is {facts.public_net.ipv4.ip} instead of {balancer.ipv4}", _UP)
    faults = [
        f"{server.name} {fault}" for server in target.servers if (fault := _fault(facts, server.id))
    ]
    if faults:
        return red(
            "; ".join(faults),
            "no target: `pulumi up`; unhealthy: see `runbook check containers`",
        )
    return green(f"{len(target.servers)} of {len(target.servers)} servers healthy")


def _fault(facts: BalancerFacts, server: int) -> str | None:
    for target in facts.targets:
        if target.server and target.server.id == server:
            bad = {one.status for one in target.health_status} - {"healthy"}
            if not target.health_status:
                return "was not looked at yet"
            return f"is {', '.join(sorted(bad))}" if bad else None
    return "is no target"


PLACEMENT = Check(
    "placement",
    "S2",
    "replicas on several servers",
    _spread_services,
    collect_placement,
    judge_placement,
)
BALANCER = Check(
    "balancer", "S2", "every server gets requests", _balancers, collect_balancer, judge_balancer
)

"""A load balancer balances, notices what dies, and is reloaded without a lost request."""

from __future__ import annotations

import ssl
import threading
from typing import TYPE_CHECKING

import httpx
import pytest
from hcloud.firewalls import FirewallResource, FirewallRule
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerHealthCheckHttp,
    LoadBalancerService,
    LoadBalancerServiceHttp,
    LoadBalancerTarget,
    LoadBalancerTargetLabelSelector,
)

from localcloud import process
from localcloud.node.ca import ensure_authority, issue
from tests.e2e.network.conftest import LOCATION, eventually

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from hcloud.load_balancers import BoundLoadBalancer

    from localcloud.settings import Instance
    from tests.e2e.network.conftest import Platform

pytestmark = [pytest.mark.docker, pytest.mark.timeout(900)]


def _service(port: int = 80, protocol: str = "http") -> LoadBalancerService:
    kind = "tcp" if protocol == "tcp" else "http"
    web = LoadBalancerHealthCheckHttp(path="/", status_codes=["200"]) if kind == "http" else None
    check = LoadBalancerHealthCheck(
        protocol=kind, port=8080, interval=3, timeout=2, retries=1, http=web
    )
    return LoadBalancerService(
        protocol=protocol, listen_port=port, destination_port=8080, health_check=check
    )


@pytest.fixture(scope="module")
def balancer(platform: Platform) -> Iterator[BoundLoadBalancer]:
    """One in the private network, for all servers with the label."""
    selector = LoadBalancerTargetLabelSelector(selector="role=web")
    made = platform.client.load_balancers.create(
        "front",
        LoadBalancerType(name="lb11"),
        location=LOCATION,
        algorithm=LoadBalancerAlgorithm(type="round_robin"),
        network=platform.network,
        services=[_service()],
        targets=[
            LoadBalancerTarget(type="label_selector", label_selector=selector, use_private_ip=True)
        ],
    )
    made.action.wait_until_finished()
    made.load_balancer.reload()
    yield made.load_balancer
    made.load_balancer.delete()


def _ask(balancer: BoundLoadBalancer, port: int = 80) -> str:
    assert balancer.public_net is not None
    assert balancer.public_net.ipv4 is not None
    answer = httpx.get(f"http://{balancer.public_net.ipv4.ip}:{port}/", trust_env=False, timeout=10)
    answer.raise_for_status()
    return answer.text


def _health(balancer: BoundLoadBalancer) -> list[str]:
    balancer.reload()
    assert balancer.targets is not None
    return sorted(
        str(status.status)
        for target in balancer.targets
        for one in target.targets or [target]
        for status in one.health_status or []
    )


def test_it_balances_over_private_addresses(balancer: BoundLoadBalancer) -> None:
    """Both servers answer in turn, at the public address of the load balancer."""
    eventually(lambda: _health(balancer) == ["healthy", "healthy"], "both are healthy")
    assert {_ask(balancer) for _ in range(4)} == {"one", "two"}


def test_dead_server_gets_nothing(platform: Platform, balancer: BoundLoadBalancer) -> None:
    """A server whose program ended drops out, and comes back with it."""
    eventually(lambda: _health(balancer) == ["healthy", "healthy"], "both are healthy")
    assert platform.run("one", "systemctl", "stop", "web")[0] == 0
    eventually(lambda: _health(balancer) == ["healthy", "unhealthy"], "one is unhealthy")
    assert {_ask(balancer) for _ in range(6)} == {"two"}
    assert platform.run("one", "systemctl", "start", "web")[0] == 0
    eventually(lambda: _health(balancer) == ["healthy", "healthy"], "one is healthy again")


def test_labels_decide(platform: Platform, balancer: BoundLoadBalancer) -> None:
    """A server without the label gets nothing soon after."""
    server = platform.servers["one"]
    server.update(labels={})
    eventually(lambda: {_ask(balancer) for _ in range(4)} == {"two"}, "only two is asked")
    server.update(labels={"role": "web"})
    eventually(lambda: {_ask(balancer) for _ in range(4)} == {"one", "two"}, "both are asked")


def test_no_request_is_lost_in_a_reload(balancer: BoundLoadBalancer) -> None:
    """While services come and go, every request is answered."""
    done, failed = threading.Event(), []

    def ask() -> None:
        while not done.is_set():
            try:
                _ask(balancer)
            except httpx.HTTPError as error:
                failed.append(error)

    thread = threading.Thread(target=ask)
    thread.start()
    for _ in range(2):
        balancer.add_service(_service(81, "tcp")).wait_until_finished()
        eventually(lambda: _ask(balancer, 81) in {"one", "two"}, "the new port answers")
        balancer.delete_service(_service(81, "tcp")).wait_until_finished()
    done.set()
    thread.join(20)
    assert failed == []


@pytest.fixture(scope="module")
def outside(platform: Platform) -> Iterator[BoundLoadBalancer]:
    """One outside the network, for the public side of a server, over TCP."""
    made = platform.client.load_balancers.create(
        "outside",
        LoadBalancerType(name="lb11"),
        location=LOCATION,
        services=[_service(8000, "tcp")],
        targets=[LoadBalancerTarget(type="server", server=platform.servers["two"])],
    )
    made.action.wait_until_finished()
    made.load_balancer.reload()
    yield made.load_balancer
    made.load_balancer.delete()


def test_public_targets(platform: Platform, outside: BoundLoadBalancer) -> None:
    """The public side of a server is reached, unless its firewall drops what comes."""
    eventually(lambda: _health(outside) == ["healthy"], "it is healthy")
    assert _ask(outside, 8000) == "two"
    applied = [FirewallResource(type="server", server=platform.servers["two"])]
    made = platform.client.firewalls.create("shut", resources=applied)
    eventually(lambda: _health(outside) == ["unhealthy"], "the firewall shuts it out")
    rule = FirewallRule("in", "tcp", ["0.0.0.0/0"], port="8080")
    made.firewall.set_rules([rule])
    eventually(lambda: _health(outside) == ["healthy"], "the firewall lets it in")
    assert _ask(outside, 8000) == "two"
    for action in made.firewall.remove_from_resources(applied):
        action.wait_until_finished()
    made.firewall.delete()


def test_https_with_an_uploaded_certificate(
    platform: Platform, outside: BoundLoadBalancer, instance: Instance
) -> None:
    """TLS ends at the load balancer, with a certificate its clients trust; HTTP leads there."""
    pair = issue(ensure_authority(instance), ["front.example.test"])
    certificate = platform.client.certificates.create(
        "front", pair.certificate.decode(), pair.key.decode()
    )
    web = LoadBalancerServiceHttp(certificates=[certificate], redirect_http=True)
    service = _service(443, "https")
    service.http = web
    outside.add_service(service).wait_until_finished()
    assert outside.public_net is not None
    assert outside.public_net.ipv4 is not None
    address = outside.public_net.ipv4.ip
    url = f"https://{address}/"
    name = {"Host": "front.example.test"}
    context = ssl.create_default_context(cafile=str(instance.home / "ca.crt"))
    with httpx.Client(verify=context, trust_env=False) as client:
        extensions = {"sni_hostname": "front.example.test"}
        eventually(
            lambda: client.get(url, headers=name, extensions=extensions).text == "two",
            "it answers over TLS",
        )
        led = client.get(f"http://{address}/x?y=1", headers=name)
    assert (led.status_code, led.headers["location"]) == (
        301,
        "https://front.example.test/x?y=1",
    )


def test_it_comes_back(
    platform: Platform,
    balancer: BoundLoadBalancer,
    instance: Instance,
    localcloud: Callable[[str], None],
) -> None:
    """After the local cloud's process ended, and after the container did, it balances again."""
    assert process.stop(instance)
    localcloud("up")
    eventually(lambda: _answers(balancer), "it answers after a restart")
    platform.engine.containers.get(f"{instance.prefix}-load-balancer-{balancer.id}").kill()
    eventually(lambda: _health(balancer) == ["healthy", "healthy"], "it was started again")
    assert {_ask(balancer) for _ in range(4)} == {"one", "two"}


def _answers(balancer: BoundLoadBalancer) -> bool:
    try:
        return _ask(balancer) in {"one", "two"}
    except httpx.HTTPError:
        return False

"""Several servers: addresses, placement, routes, trust, rotation, and settings that go together."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import yaml

from clients.hetzner import Hetzner
from common.errors import OperatorError
from common.waiting import WaitTimeoutError, without_pauses
from config import settings
from infra import stack_config
from infra.coolify import proxy
from infra.ingress import dns_cutover
from infra.ingress.lb_targets import LbTargets
from infra.ingress.routes import api_shut, health_route, service_routes
from infra.servers import network
from infra.servers.placement import chosen
from infra.servers.rolling_resize import wait_for_steady_health

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Configure = Callable[..., None]


def test_replicas_go_round_the_servers() -> None:
    """In turn, so that each server has its share, and each replica keeps its place."""
    places = ["one", "two", "three"]
    assert [chosen(number, places) for number in (1, 2, 3, 4)] == ["one", "two", "three", "one"]


def test_private_addresses_are_fixed() -> None:
    """The balancer and each server have one of their own, in the first /24."""
    assert network.subnet("10.44.0.0/16") == "10.44.0.0/24"
    assert network.balancer_address("10.44.0.0/16") == "10.44.0.2"
    assert [network.server_address("10.44.0.0/16", n) for n in (1, 10)] == [
        "10.44.0.11",
        "10.44.0.20",
    ]


def test_only_the_balancer_is_served_by_plain_http() -> None:
    """Each router asks for the balancer's address; the health is the backend's, in its own file."""
    hosts = {"nutri-ml-service": "ml.nutri.test", "nutri-backend": "api.nutri.test"}
    routers = yaml.safe_load(service_routes("10.44.0.2", hosts)[0])["http"]["routers"]
    assert routers.pop("balancer-mark")["service"] == "noop@internal"
    written, mark = health_route("10.44.0.2", "nutri-backend", "/live")
    health = yaml.safe_load(written)["http"]["routers"]
    assert health.pop("balancer-health-mark")["rule"] == f"Path(`{mark}`)"
    assert set(routers) == {"nutri-ml-service-balanced", "nutri-backend-balanced"}
    assert set(health) == {"balancer-health"}
    every = [*routers.values(), *health.values()]
    assert all("ClientIP(`10.44.0.2`)" in one["rule"] for one in every)
    assert health["balancer-health"]["service"] == "nutri-backend@docker"
    assert {tuple(one["entryPoints"]) for one in every} == {("http",)}


def test_a_further_server_hands_the_vendors_questions_to_the_first() -> None:
    """By plain HTTP, above all other routes; the first has no such route, it answers itself."""
    hosts = {"nutri-backend": "api.nutri.test"}
    alone, own_mark = service_routes("10.44.0.2", hosts)
    assert "challenge" not in alone
    written, mark = service_routes("10.44.0.2", hosts, "10.44.0.11")
    http = yaml.safe_load(written)["http"]
    found = http["routers"]["balancer-challenges"]
    assert found["rule"] == "PathPrefix(`/.well-known/acme-challenge/`)"
    assert found["entryPoints"] == ["http"]
    assert found["priority"] > 100_000
    servers = http["services"][found["service"]]["loadBalancer"]["servers"]
    assert servers == [{"url": "http://10.44.0.11"}]
    assert mark not in {own_mark, service_routes("10.44.0.2", hosts, "10.44.0.12")[1]}


def test_the_proxys_options_are_ours() -> None:
    """Earlier ones of the same names are replaced, all else stays, nothing is changed twice."""
    old = [
        "--entrypoints.http.forwardedHeaders.trustedIPs=10.1.0.2/32",
        "--serverstransport.forwardingtimeouts.dialtimeout=9s",
    ]
    compose = yaml.safe_dump({"services": {"traefik": {"command": ["--ping=true", *old]}}})
    changed = proxy.with_options(compose, proxy.options("10.44.0.2"))
    command = yaml.safe_load(changed)["services"]["traefik"]["command"]
    assert command == [
        "--ping=true",
        "--entrypoints.http.forwardedHeaders.trustedIPs=10.44.0.2/32",
        "--entrypoints.http.transport.respondingTimeouts.readTimeout=600s",
        "--entrypoints.https.transport.respondingTimeouts.readTimeout=600s",
        "--serversTransport.forwardingTimeouts.dialTimeout=1s",
        "--serversTransport.forwardingTimeouts.idleConnTimeout=3s",
    ]
    assert proxy.with_options(changed, proxy.options("10.44.0.2")) == changed


@pytest.mark.parametrize("other", ["services: {caddy: {}}", "services: {traefik: {command: x}}"])
def test_a_proxy_that_is_not_traefik_is_refused(other: str) -> None:
    """Its options cannot be set."""
    with pytest.raises(OperatorError, match="not Traefik's"):
        proxy.with_options(other, proxy.options("10.44.0.2"))


_COOLIFYS_OWN = (
    "--ping=",
    "--api.",
    "--entrypoints.http.address=",
    "--entrypoints.https.address=",
    "--entrypoints.http.http.encodequerysemicolons=",
    "--entryPoints.http.http2.maxConcurrentStreams=",
    "--entrypoints.https.http.encodequerysemicolons=",
    "--entryPoints.https.http2.maxConcurrentStreams=",
    "--entrypoints.https.http3",
    "--providers.file.",
    "--certificatesresolvers.",
    "--providers.docker",
    "--providers.swarm",
    "--log.level=",
    "--accesslog.",
)
"""What Coolify writes anew, by the beginnings of the words; all else of the command it keeps."""


def test_coolify_keeps_our_options() -> None:
    """None of them begins as one of its own."""
    every = proxy.options("10.44.0.2", asks=False)
    assert [one for one in every if one.startswith(_COOLIFYS_OWN)] == []
    assert set(every) - set(proxy.options("10.44.0.2")) == {
        "--entrypoints.http.allowACMEByPass=true"
    }


def test_the_proxys_api_is_for_its_own_container() -> None:
    """Routers above all others for Coolify's own name, on both entry points."""
    found = yaml.safe_load(api_shut())["http"]
    routers = found["routers"]
    assert {one["rule"] for one in routers.values()} == {"Host(`traefik-coolify-proxy`)"}
    assert [one["entryPoints"] for one in routers.values()] == [["http"], ["https"]]
    assert all(one["priority"] > 100_000 for one in routers.values())
    assert found["middlewares"]["nutri-api-inside"] == {
        "ipAllowList": {"sourceRange": ["127.0.0.1/32", "::1/128"]}
    }


@pytest.mark.parametrize(
    ("changes", "wrong"),
    [
        (
            {"nutri:servers": 3},
            [
                "nutri:services.nutri-backend.replicas: 2 with 3",
                "nutri:services.nutri-ml-service.replicas: 1 with 3",
            ],
        ),
        ({"nutri:servers": 11}, ["nutri:servers: "]),
        (
            {
                "nutri:servers": 2,
                "nutri:services": {"nutri-ml-service": {"replicas": 2}},
                "nutri:manageDns": False,
            },
            ["nutri:manageDns: false with 2"],
        ),
        ({"nutri:privateNetwork": "8.8.8.0/24"}, ["nutri:privateNetwork: "]),
        ({"nutri:dnsTtl": 5}, ["nutri:dnsTtl: "]),
        ({"nutri:zone": "other.test"}, ["nutri:zone: other.test has no names below nutri.test"]),
    ],
)
def test_what_does_not_go_together_is_told(
    configure: Configure, changes: dict[str, Any], wrong: list[str]
) -> None:
    """Each server needs a replica of each service, and the balancer a certificate."""
    configure(changes)
    _, problems = settings.parse(stack_config.read())
    assert [start for start in wrong if not any(p.startswith(start) for p in problems)] == []


class _Balancer:
    """A load balancer's API: who is a target, and whether it is healthy."""

    def __init__(self) -> None:
        self.targets: dict[int, str] = {1: "healthy"}
        self.calls: list[tuple[str, int]] = []
        self.comes_up = True

    def handle(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.method == "GET":
            listed = [
                {
                    "type": "server",
                    "server": {"id": number},
                    "health_status": [{"listen_port": 443, "status": state}],
                }
                for number, state in self.targets.items()
            ]
            return httpx.Response(200, json={"load_balancer": {"id": 7, "targets": listed}})
        verb = request.url.path.rsplit("/", 1)[-1]
        server = int(json.loads(request.content)["server"]["id"])
        self.calls.append((verb, server))
        if verb == "add_target":
            self.targets[server] = "healthy" if self.comes_up else "unhealthy"
        else:
            del self.targets[server]
        action = {"id": 1, "status": "success", "command": verb, "progress": 100, "error": None}
        return httpx.Response(201, json={"action": action})


@pytest.fixture
def balancer() -> _Balancer:
    """One with server 1 behind it."""
    return _Balancer()


@pytest.fixture
def rotation(balancer: _Balancer) -> Iterator[LbTargets]:
    """What acts on it, without waiting."""
    transport = httpx.MockTransport(balancer.handle)
    with (
        httpx.Client(transport=transport, base_url="http://hetzner.test/v1") as http,
        without_pauses(),
    ):
        yield LbTargets(Hetzner(http), 7)


def test_servers_leave_once_the_others_are_healthy(
    balancer: _Balancer, rotation: LbTargets
) -> None:
    """A new target comes first; who is not wanted goes last."""
    rotation.bring_to([2, 3])
    assert balancer.calls == [("add_target", 2), ("add_target", 3), ("remove_target", 1)]


def test_nobody_leaves_for_one_that_is_ill(balancer: _Balancer, rotation: LbTargets) -> None:
    """Server 1 goes on serving where server 2 does not turn healthy."""
    balancer.comes_up = False
    with pytest.raises(WaitTimeoutError, match="server 2 is unhealthy"):
        rotation.bring_to([2])
    assert 1 in balancer.targets


def test_a_move_is_a_changed_address() -> None:
    """A record that is new, or stays, moves nowhere; one that changes tells its old TTL."""
    old = {"name": "api", "ttl": 60, "records": [{"value": "203.0.113.1"}]}
    new = {**old, "ttl": 300, "records": [{"value": "203.0.113.2"}]}
    assert dns_cutover.move(old, old) is None
    assert dns_cutover.move({}, new) is None
    assert dns_cutover.move(old, new) == dns_cutover.Move("api", "203.0.113.1", "203.0.113.2", 60)


def test_a_name_that_was_taken_over_moves_too() -> None:
    """Its inputs are another resource's, and say the same."""
    old = {"record": "api.beta", "type": "A", "ttl": 60.0, "address": "203.0.113.1"}
    new = {**old, "address": "203.0.113.2"}
    assert dns_cutover.move(old, new) == dns_cutover.Move(
        "api.beta", "203.0.113.1", "203.0.113.2", 60
    )
    assert dns_cutover.move(old, old) is None


def test_all_challenges_reach_one_server(balancer: _Balancer, rotation: LbTargets) -> None:
    """The others leave once it is healthy; a load balancer it is not behind is let be."""
    rotation.bring_to([1, 2])
    balancer.calls.clear()
    dns_cutover.narrow(rotation, 9)
    assert balancer.calls == []
    dns_cutover.narrow(rotation, 2)
    assert balancer.calls == [("remove_target", 1)]


def test_a_server_is_back_once_it_is_steadily_healthy(
    balancer: _Balancer, rotation: LbTargets
) -> None:
    """What was healthy a moment ago may be a memory of before the stop."""
    wait_for_steady_health(rotation, 1, steady=0)
    with pytest.raises(WaitTimeoutError, match="since a moment only"):
        wait_for_steady_health(rotation, 1)
    balancer.targets[1] = "unhealthy"
    with pytest.raises(WaitTimeoutError, match="it is unhealthy"):
        wait_for_steady_health(rotation, 1, steady=0)

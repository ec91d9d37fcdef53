"""Load balancers: services, targets, networks, health, and what their machines are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hcloud.load_balancer_types import LoadBalancerType
from hcloud.load_balancers import (
    LoadBalancerAlgorithm,
    LoadBalancerHealthCheck,
    LoadBalancerService,
    LoadBalancerTarget,
)
from hcloud.locations import Location

from tests.contract.balancer_calls import (
    HTTP,
    act,
    make_balancer,
    server_target,
    shown,
    told,
)

if TYPE_CHECKING:
    from hcloud.load_balancers import BoundLoadBalancer

    from tests.contract.hetzner_double import HetznerDouble


def _client_made(hetzner: HetznerDouble) -> BoundLoadBalancer:
    hetzner.server()
    check = LoadBalancerHealthCheck(protocol="tcp", port=80, interval=5, timeout=3, retries=2)
    service = LoadBalancerService(
        protocol="tcp",
        listen_port=443,
        destination_port=8443,
        proxyprotocol=True,
        health_check=check,
    )
    made = hetzner.client.load_balancers.create(
        "front",
        LoadBalancerType(name="lb11"),
        location=Location(name="fsn1"),
        algorithm=LoadBalancerAlgorithm(type="least_connections"),
        services=[service],
        targets=[LoadBalancerTarget(type="server", server=hetzner.bound())],
        labels={"role": "front"},
    )
    made.action.wait_until_finished()
    return made.load_balancer


def test_types(hetzner: HetznerDouble) -> None:
    """Three sizes, each with prices, and the pricing knows the same."""
    types = hetzner.client.load_balancer_types.get_all()
    assert [(one.name, one.max_services) for one in types] == [
        ("lb11", 5),
        ("lb21", 15),
        ("lb31", 30),
    ]
    listed = hetzner.get("/pricing")["pricing"]["load_balancer_types"]
    assert [one["prices"] for one in listed] == [one.prices for one in types]
    assert hetzner.get("/load_balancer_types/2")["load_balancer_type"]["name"] == "lb21"
    assert hetzner.error(hetzner.http.get("/load_balancer_types/9")) == (404, "not_found")


def test_official_client_makes_one(hetzner: HetznerDouble) -> None:
    """What the vendor's client sends comes back, and the machine is told the same."""
    balancer = _client_made(hetzner)
    balancer.reload()
    assert balancer.services is not None
    assert balancer.targets is not None
    assert (balancer.services[0].listen_port, balancer.services[0].proxyprotocol) == (443, True)
    assert balancer.targets[0].server is not None
    assert balancer.targets[0].server.id == hetzner.bound().id
    spec = told(hetzner)
    assert spec.least_connections
    assert (spec.services[0].listen_port, spec.services[0].check.interval) == (443, 5)
    assert [target.name for target in spec.targets] == [f"{hetzner.bound().id}-public"]
    found = hetzner.get(f"/servers/{hetzner.bound().id}")["server"]
    assert found["load_balancers"] == [balancer.id]


def test_public_address_is_its_own(hetzner: HetznerDouble) -> None:
    """No server or primary IP has the address of a load balancer."""
    balancer = make_balancer(hetzner)
    address = balancer["public_net"]["ipv4"]["ip"]
    assert address.startswith("127.10.")
    hetzner.server()
    assert hetzner.ipv4() != address
    assert told(hetzner).ipv4 == address


def test_defaults_of_a_service(hetzner: HetznerDouble) -> None:
    """An http service without details listens on 80 and is checked by HTTP."""
    balancer = make_balancer(hetzner, services=[{"protocol": "http"}])
    (service,) = balancer["services"]
    assert (service["listen_port"], service["destination_port"]) == (80, 80)
    assert service["http"]["cookie_name"] == "HCLBSTICKY"
    check = service["health_check"]
    assert (check["protocol"], check["port"], check["interval"]) == ("http", 80, 15)
    assert check["http"]["status_codes"] == ["2??", "3??"]


def test_services_come_change_and_go(hetzner: HetznerDouble) -> None:
    """The listen port names a service; what a change does not name stays."""
    number = make_balancer(hetzner)["id"]
    assert act(hetzner, number, "add_service", **HTTP).status_code == 201
    change = {
        "listen_port": 80,
        "health_check": {"interval": 30},
        "http": {"sticky_sessions": True},
    }
    assert act(hetzner, number, "update_service", **change).status_code == 201
    (service,) = told(hetzner).services
    assert (service.destination_port, service.check.interval) == (8080, 30)
    assert service.cookie == ("HCLBSTICKY", 300)
    assert act(hetzner, number, "delete_service", listen_port=80).status_code == 201
    assert told(hetzner).services == ()
    refused = act(hetzner, number, "delete_service", listen_port=80)
    assert hetzner.error(refused) == (422, "invalid_input")


def test_port_is_used_once(hetzner: HetznerDouble) -> None:
    """A second service on a port is refused, also in the create request."""
    number = make_balancer(hetzner, services=[HTTP])["id"]
    refused = act(hetzner, number, "add_service", **HTTP)
    assert hetzner.error(refused) == (412, "source_port_already_used")
    body = {"name": "b", "load_balancer_type": "lb11", "location": "fsn1", "services": [HTTP, HTTP]}
    again = hetzner.post("/load_balancers", body)
    assert hetzner.error(again) == (412, "source_port_already_used")
    assert len(hetzner.get("/load_balancers")["load_balancers"]) == 1


@pytest.mark.parametrize(
    "service",
    [
        {"protocol": "tcp"},
        {"protocol": "https", "listen_port": 443},
        HTTP | {"listen_port": 70000},
        HTTP | {"health_check": {"interval": 1}},
        HTTP | {"health_check": {"http": {"path": "no slash"}}},
        HTTP | {"health_check": {"http": {"path": "/x\nserver evil 1.2.3.4"}}},
        HTTP | {"http": {"redirect_http": True}},
    ],
)
def test_impossible_services(hetzner: HetznerDouble, service: dict[str, Any]) -> None:
    """Missing ports, certificates that are not there, numbers out of range, line breaks."""
    number = make_balancer(hetzner)["id"]
    refused = act(hetzner, number, "add_service", **service)
    assert hetzner.error(refused) == (422, "invalid_input")


def test_type_limits_services_and_decides_about_change(hetzner: HetznerDouble) -> None:
    """A lb11 takes five; six need a bigger one, which then cannot become small again."""
    services = [HTTP | {"listen_port": port} for port in range(80, 85)]
    number = make_balancer(hetzner, services=services)["id"]
    more = HTTP | {"listen_port": 90}
    assert hetzner.error(act(hetzner, number, "add_service", **more)) == (
        403,
        "resource_limit_exceeded",
    )
    assert act(hetzner, number, "change_type", load_balancer_type="lb21").status_code == 201
    assert act(hetzner, number, "add_service", **more).status_code == 201
    small = act(hetzner, number, "change_type", load_balancer_type="lb11")
    assert hetzner.error(small) == (422, "invalid_load_balancer_type")


def test_protected_one_stays(hetzner: HetznerDouble) -> None:
    """Deletion is refused while protected; afterwards it answers with an action."""
    number = make_balancer(hetzner)["id"]
    assert act(hetzner, number, "change_protection", delete=True).status_code == 201
    path = f"/load_balancers/{number}"
    assert hetzner.error(hetzner.http.delete(path)) == (423, "protected")
    assert act(hetzner, number, "change_protection", delete=False).status_code == 201
    deleted = hetzner.http.delete(path)
    assert (deleted.status_code, deleted.json()["action"]["command"]) == (
        201,
        "delete_load_balancer",
    )
    hetzner.settle()
    assert hetzner.error(hetzner.http.get(path)) == (404, "not_found")
    assert hetzner.machines.named("delete_balancer") == [number]


def test_busy_one_takes_no_other_change(hetzner: HetznerDouble) -> None:
    """While an action runs, another one is a conflict that clients try again."""
    number = make_balancer(hetzner)["id"]
    hetzner.machines.blocked.clear()
    path = f"/load_balancers/{number}/actions/add_service"
    assert hetzner.post(path, HTTP).status_code == 201
    assert hetzner.error(hetzner.post(path, HTTP | {"listen_port": 81})) == (409, "conflict")
    hetzner.machines.blocked.set()
    hetzner.settle()
    assert [one["listen_port"] for one in shown(hetzner, number)["services"]] == [80]


def test_failed_change_is_told_and_tried_again(hetzner: HetznerDouble) -> None:
    """Where the machine refuses, the action fails; the load balancer heals by itself."""
    number = make_balancer(hetzner)["id"]
    hetzner.machines.broken["apply_balancer"] = "no container"
    action = act(hetzner, number, "add_service", **HTTP).json()["action"]
    assert hetzner.get(f"/actions/{action['id']}")["action"]["error"]["message"] == "no container"
    hetzner.machines.clear()
    hetzner.until(lambda: bool(hetzner.machines.named("apply_balancer")))
    assert [one.listen_port for one in told(hetzner).services] == [80]


def test_name_labels_algorithm_and_pointer(hetzner: HetznerDouble) -> None:
    """What changes without a machine, and the algorithm, which it is told."""
    balancer = make_balancer(hetzner)
    number, address = balancer["id"], balancer["public_net"]["ipv4"]["ip"]
    changed = hetzner.http.put(
        f"/load_balancers/{number}", json={"name": "edge", "labels": {"a": "b"}}
    ).json()["load_balancer"]
    assert (changed["name"], changed["labels"]) == ("edge", {"a": "b"})
    assert act(hetzner, number, "change_algorithm", type="least_connections").status_code == 201
    assert told(hetzner).least_connections
    pointer = {"ip": address, "dns_ptr": "front.example.com"}
    assert act(hetzner, number, "change_dns_ptr", **pointer).status_code == 201
    assert shown(hetzner, number)["public_net"]["ipv4"]["dns_ptr"] == "front.example.com"
    foreign = act(hetzner, number, "change_dns_ptr", ip="127.0.0.1", dns_ptr="x.example.com")
    assert hetzner.error(foreign) == (422, "invalid_input")


@pytest.mark.parametrize(
    "fields",
    [
        {"load_balancer_type": "lb99"},
        {"location": None},
        {"network_zone": "eu-central"},
        {"network": 4},
        {"public_interface": False},
        {"targets": [{"type": "server"}]},
        {"targets": [server_target(4)]},
        {"public_net": {"ipv4": 4}},
    ],
)
def test_impossible_ones(hetzner: HetznerDouble, fields: dict[str, Any]) -> None:
    """A request that cannot be met leaves nothing behind."""
    body = {"name": "front", "load_balancer_type": "lb11", "location": "fsn1"} | fields
    assert hetzner.error(hetzner.post("/load_balancers", body)) == (422, "invalid_input")
    assert hetzner.get("/load_balancers")["load_balancers"] == []


def test_name_is_unique(hetzner: HetznerDouble) -> None:
    """A second load balancer of the name is refused."""
    make_balancer(hetzner)
    body = {"name": "front", "load_balancer_type": "lb11", "location": "fsn1"}
    assert hetzner.error(hetzner.post("/load_balancers", body)) == (409, "uniqueness_error")


def test_machine_that_is_gone_is_made_anew(hetzner: HetznerDouble) -> None:
    """Whoever asks for the health of a load balancer that went down has it come back."""
    number = make_balancer(hetzner, services=[HTTP])["id"]
    hetzner.machines.calls.clear()
    hetzner.machines.broken["balancer_health"] = "does not run"

    def healed() -> bool:
        shown(hetzner, number)
        return bool(hetzner.machines.named("apply_balancer"))

    hetzner.until(healed)

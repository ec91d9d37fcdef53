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

from localcloud.hetzner.load_balancers.spec import TargetHealth

if TYPE_CHECKING:
    from hcloud.load_balancers import BoundLoadBalancer

    from localcloud.hetzner.load_balancers.spec import BalancerSpec
    from tests.contract.hetzner_double import HetznerDouble

HTTP = {"protocol": "http", "listen_port": 80, "destination_port": 8080}


def _balancer(hetzner: HetznerDouble, **fields: object) -> dict[str, Any]:
    body = {"name": "front", "load_balancer_type": "lb11", "location": "fsn1"} | fields
    answer = hetzner.post("/load_balancers", body)
    assert answer.status_code == 201, answer.text
    hetzner.settle()
    return _shown(hetzner, answer.json()["load_balancer"]["id"])


def _shown(hetzner: HetznerDouble, number: int) -> dict[str, Any]:
    found: dict[str, Any] = hetzner.get(f"/load_balancers/{number}")["load_balancer"]
    return found


def _act(hetzner: HetznerDouble, number: int, action: str, **body: object) -> Any:  # noqa: ANN401
    answer = hetzner.post(f"/load_balancers/{number}/actions/{action}", body)
    hetzner.settle()
    return answer


def _network(hetzner: HetznerDouble, name: str = "net") -> int:
    subnet = {"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.0.0/24"}
    body = {"name": name, "ip_range": "10.0.0.0/16", "subnets": [subnet]}
    return int(hetzner.post("/networks", body).json()["network"]["id"])


def _spec(hetzner: HetznerDouble) -> BalancerSpec:
    found: BalancerSpec = hetzner.machines.named("apply_balancer")[-1]
    return found


def _server_target(number: int, *, private: bool = False) -> dict[str, Any]:
    return {"type": "server", "server": {"id": number}, "use_private_ip": private}


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
    spec = _spec(hetzner)
    assert spec.least_connections
    assert (spec.services[0].listen_port, spec.services[0].check.interval) == (443, 5)
    assert [target.name for target in spec.targets] == [f"{hetzner.bound().id}-public"]
    shown = hetzner.get(f"/servers/{hetzner.bound().id}")["server"]
    assert shown["load_balancers"] == [balancer.id]


def test_public_address_is_its_own(hetzner: HetznerDouble) -> None:
    """No server or primary IP has the address of a load balancer."""
    balancer = _balancer(hetzner)
    address = balancer["public_net"]["ipv4"]["ip"]
    assert address.startswith("127.10.")
    hetzner.server()
    assert hetzner.ipv4() != address
    assert _spec(hetzner).ipv4 == address


def test_defaults_of_a_service(hetzner: HetznerDouble) -> None:
    """An http service without details listens on 80 and is checked by HTTP."""
    balancer = _balancer(hetzner, services=[{"protocol": "http"}])
    (service,) = balancer["services"]
    assert (service["listen_port"], service["destination_port"]) == (80, 80)
    assert service["http"]["cookie_name"] == "HCLBSTICKY"
    check = service["health_check"]
    assert (check["protocol"], check["port"], check["interval"]) == ("http", 80, 15)
    assert check["http"]["status_codes"] == ["2??", "3??"]


def test_services_come_change_and_go(hetzner: HetznerDouble) -> None:
    """The listen port names a service; what a change does not name stays."""
    number = _balancer(hetzner)["id"]
    assert _act(hetzner, number, "add_service", **HTTP).status_code == 201
    change = {
        "listen_port": 80,
        "health_check": {"interval": 30},
        "http": {"sticky_sessions": True},
    }
    assert _act(hetzner, number, "update_service", **change).status_code == 201
    (service,) = _spec(hetzner).services
    assert (service.destination_port, service.check.interval) == (8080, 30)
    assert service.cookie == ("HCLBSTICKY", 300)
    assert _act(hetzner, number, "delete_service", listen_port=80).status_code == 201
    assert _spec(hetzner).services == ()
    refused = _act(hetzner, number, "delete_service", listen_port=80)
    assert hetzner.error(refused) == (422, "invalid_input")


def test_port_is_used_once(hetzner: HetznerDouble) -> None:
    """A second service on a port is refused, also in the create request."""
    number = _balancer(hetzner, services=[HTTP])["id"]
    refused = _act(hetzner, number, "add_service", **HTTP)
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
    number = _balancer(hetzner)["id"]
    refused = _act(hetzner, number, "add_service", **service)
    assert hetzner.error(refused) == (422, "invalid_input")


def test_type_limits_services_and_decides_about_change(hetzner: HetznerDouble) -> None:
    """A lb11 takes five; six need a bigger one, which then cannot become small again."""
    services = [HTTP | {"listen_port": port} for port in range(80, 85)]
    number = _balancer(hetzner, services=services)["id"]
    more = HTTP | {"listen_port": 90}
    assert hetzner.error(_act(hetzner, number, "add_service", **more)) == (
        403,
        "resource_limit_exceeded",
    )
    assert _act(hetzner, number, "change_type", load_balancer_type="lb21").status_code == 201
    assert _act(hetzner, number, "add_service", **more).status_code == 201
    small = _act(hetzner, number, "change_type", load_balancer_type="lb11")
    assert hetzner.error(small) == (422, "invalid_load_balancer_type")


def test_targets_come_and_go(hetzner: HetznerDouble) -> None:
    """A server is a target once; removing it needs no word about the private address."""
    server = hetzner.server()
    number = _balancer(hetzner)["id"]
    assert _act(hetzner, number, "add_target", **_server_target(server["id"])).status_code == 201
    twice = _act(hetzner, number, "add_target", **_server_target(server["id"]))
    assert hetzner.error(twice) == (422, "target_already_defined")
    gone = {"type": "server", "server": {"id": server["id"]}}
    assert _act(hetzner, number, "remove_target", **gone).status_code == 201
    assert _spec(hetzner).targets == ()
    assert hetzner.error(_act(hetzner, number, "remove_target", **gone)) == (422, "invalid_input")


def test_label_selector_follows_the_labels(hetzner: HetznerDouble) -> None:
    """Servers that get the label become targets without a call, deleted ones drop out."""
    target = {"type": "label_selector", "label_selector": {"selector": "role=web"}}
    first = hetzner.server("a", labels={"role": "web"})
    number = _balancer(hetzner, targets=[target], services=[HTTP])["id"]
    second = hetzner.server("b")
    hetzner.bound("b").update(labels={"role": "web"})
    hetzner.until(lambda: len(_spec(hetzner).targets) == 2)
    (shown,) = _shown(hetzner, number)["targets"]
    assert [one["server"]["id"] for one in shown["targets"]] == [first["id"], second["id"]]
    hetzner.bound("a").delete()
    hetzner.until(lambda: [one.server for one in _spec(hetzner).targets] == [second["id"]])


def test_firewall_of_a_public_target_is_told(hetzner: HetznerDouble) -> None:
    """The load balancer keeps to what a server lets in, and hears of changes."""
    server = hetzner.server()
    _balancer(hetzner, services=[HTTP], targets=[_server_target(server["id"])])
    assert _spec(hetzner).targets[0].rules is None
    target = {"type": "server", "server": {"id": server["id"]}}
    assert hetzner.post("/firewalls", {"name": "shut", "apply_to": [target]}).status_code == 201
    hetzner.until(lambda: _spec(hetzner).targets[0].rules == ())


def test_deleted_server_is_no_target(hetzner: HetznerDouble) -> None:
    """It leaves the list of targets."""
    server = hetzner.server()
    number = _balancer(hetzner, targets=[_server_target(server["id"])])["id"]
    hetzner.bound().delete()
    hetzner.settle()
    assert _shown(hetzner, number)["targets"] == []


def test_address_of_a_server_is_a_target(hetzner: HetznerDouble) -> None:
    """An IP target has to belong to a server of the project."""
    server = hetzner.server()
    number = _balancer(hetzner, services=[HTTP])["id"]
    foreign = _act(hetzner, number, "add_target", type="ip", ip={"ip": "203.0.113.9"})
    assert hetzner.error(foreign) == (422, "ip_not_owned")
    own = {"type": "ip", "ip": {"ip": hetzner.ipv4()}}
    assert _act(hetzner, number, "add_target", **own).status_code == 201
    assert [one.server for one in _spec(hetzner).targets] == [server["id"]]
    assert _shown(hetzner, number)["targets"][0]["ip"]["ip"] == hetzner.ipv4()


def test_private_targets_need_the_network_on_both_sides(hetzner: HetznerDouble) -> None:
    """Without its own network, or without the server's, a private target is refused."""
    server = hetzner.server()
    number = _balancer(hetzner)["id"]
    target = _server_target(server["id"], private=True)
    alone = _act(hetzner, number, "add_target", **target)
    assert hetzner.error(alone) == (422, "load_balancer_not_attached_to_network")
    network = _network(hetzner)
    assert _act(hetzner, number, "attach_to_network", network=network).status_code == 201
    apart = _act(hetzner, number, "add_target", **target)
    assert hetzner.error(apart) == (422, "resolve_cloud_private_targets_error")
    hetzner.post(f"/servers/{server['id']}/actions/attach_to_network", {"network": network})
    assert _act(hetzner, number, "add_target", **target).status_code == 201
    spec = _spec(hetzner)
    assert spec.leg is not None
    assert (spec.leg.ip, spec.targets[0].address) == ("10.0.0.2", "10.0.0.3")
    assert hetzner.get(f"/networks/{network}")["network"]["load_balancers"] == [number]


def test_hidden_server_is_no_public_target(hetzner: HetznerDouble) -> None:
    """A server without a public address can only be reached privately."""
    hidden = {"enable_ipv4": False, "enable_ipv6": False}
    server = hetzner.server(public_net=hidden, networks=[_network(hetzner)])
    number = _balancer(hetzner)["id"]
    refused = _act(hetzner, number, "add_target", **_server_target(server["id"]))
    assert hetzner.error(refused) == (422, "resolve_cloud_public_targets_error")


def test_networks_come_and_go(hetzner: HetznerDouble) -> None:
    """One network at a time, with the address of choice."""
    number = _balancer(hetzner)["id"]
    network = _network(hetzner)
    taken = _act(hetzner, number, "attach_to_network", network=network, ip="10.0.0.1")
    assert hetzner.error(taken) == (422, "ip_not_available")
    wish = {"network": network, "ip": "10.0.0.9"}
    assert _act(hetzner, number, "attach_to_network", **wish).status_code == 201
    assert _shown(hetzner, number)["private_net"] == [wish]
    again = _act(hetzner, number, "attach_to_network", network=_network(hetzner, "other"))
    assert hetzner.error(again) == (422, "load_balancer_already_attached")
    assert _act(hetzner, number, "detach_from_network", network=network).status_code == 201
    assert _shown(hetzner, number)["private_net"] == []
    assert _spec(hetzner).leg is None


def test_public_interface_is_off_only_where_nobody_needs_it(hetzner: HetznerDouble) -> None:
    """It needs a network, and targets that are all private; then the address is closed."""
    server = hetzner.server()
    number = _balancer(hetzner, targets=[_server_target(server["id"])])["id"]
    path = "disable_public_interface"
    assert hetzner.error(_act(hetzner, number, path)) == (
        422,
        "load_balancer_not_attached_to_network",
    )
    assert _act(hetzner, number, "attach_to_network", network=_network(hetzner)).status_code == 201
    assert hetzner.error(_act(hetzner, number, path)) == (422, "targets_without_use_private_ip")
    assert _act(hetzner, number, "remove_target", **_server_target(server["id"])).status_code == 201
    assert _act(hetzner, number, path).status_code == 201
    assert _shown(hetzner, number)["public_net"]["enabled"] is False
    assert _spec(hetzner).ipv4 is None
    refused = _act(hetzner, number, "add_target", **_server_target(server["id"]))
    assert hetzner.error(refused) == (422, "load_balancer_public_interface_disabled")
    assert _act(hetzner, number, "enable_public_interface").status_code == 201
    assert _spec(hetzner).ipv4 is not None


def test_health_is_what_the_machine_found(hetzner: HetznerDouble) -> None:
    """Each target shows each listen port; what nobody checked yet is unknown."""
    server = hetzner.server()
    other = HTTP | {"listen_port": 81}
    target = _server_target(server["id"])
    number = _balancer(hetzner, services=[HTTP, other], targets=[target])["id"]
    name = f"{server['id']}-public"
    found = TargetHealth(name, 80, "unhealthy", "Layer7 wrong status", 503)
    hetzner.machines.health[number] = (found,)
    hetzner.until(lambda: _statuses(hetzner, number) == ["unhealthy", "unknown"])
    first = _shown(hetzner, number)["targets"][0]["health_status"][0]
    assert (first["http_status_code"], first["detail"]) == (503, "Layer7 wrong status")


def _statuses(hetzner: HetznerDouble, number: int) -> list[str]:
    shown = _shown(hetzner, number)["targets"][0]["health_status"]
    return [one["status"] for one in shown]


def test_protected_one_stays(hetzner: HetznerDouble) -> None:
    """Deletion is refused while protected; afterwards it answers with an action."""
    number = _balancer(hetzner)["id"]
    assert _act(hetzner, number, "change_protection", delete=True).status_code == 201
    path = f"/load_balancers/{number}"
    assert hetzner.error(hetzner.http.delete(path)) == (423, "protected")
    assert _act(hetzner, number, "change_protection", delete=False).status_code == 201
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
    number = _balancer(hetzner)["id"]
    hetzner.machines.blocked.clear()
    path = f"/load_balancers/{number}/actions/add_service"
    assert hetzner.post(path, HTTP).status_code == 201
    assert hetzner.error(hetzner.post(path, HTTP | {"listen_port": 81})) == (409, "conflict")
    hetzner.machines.blocked.set()
    hetzner.settle()
    assert [one["listen_port"] for one in _shown(hetzner, number)["services"]] == [80]


def test_failed_change_is_told_and_tried_again(hetzner: HetznerDouble) -> None:
    """Where the machine refuses, the action fails; the load balancer heals by itself."""
    number = _balancer(hetzner)["id"]
    hetzner.machines.broken["apply_balancer"] = "no container"
    action = _act(hetzner, number, "add_service", **HTTP).json()["action"]
    assert hetzner.get(f"/actions/{action['id']}")["action"]["error"]["message"] == "no container"
    hetzner.machines.clear()
    hetzner.until(lambda: bool(hetzner.machines.named("apply_balancer")))
    assert [one.listen_port for one in _spec(hetzner).services] == [80]


def test_name_labels_algorithm_and_pointer(hetzner: HetznerDouble) -> None:
    """What changes without a machine, and the algorithm, which it is told."""
    balancer = _balancer(hetzner)
    number, address = balancer["id"], balancer["public_net"]["ipv4"]["ip"]
    changed = hetzner.http.put(
        f"/load_balancers/{number}", json={"name": "edge", "labels": {"a": "b"}}
    ).json()["load_balancer"]
    assert (changed["name"], changed["labels"]) == ("edge", {"a": "b"})
    assert _act(hetzner, number, "change_algorithm", type="least_connections").status_code == 201
    assert _spec(hetzner).least_connections
    pointer = {"ip": address, "dns_ptr": "front.example.com"}
    assert _act(hetzner, number, "change_dns_ptr", **pointer).status_code == 201
    assert _shown(hetzner, number)["public_net"]["ipv4"]["dns_ptr"] == "front.example.com"
    foreign = _act(hetzner, number, "change_dns_ptr", ip="127.0.0.1", dns_ptr="x.example.com")
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
        {"targets": [_server_target(4)]},
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
    _balancer(hetzner)
    body = {"name": "front", "load_balancer_type": "lb11", "location": "fsn1"}
    assert hetzner.error(hetzner.post("/load_balancers", body)) == (409, "uniqueness_error")


def test_machine_that_is_gone_is_made_anew(hetzner: HetznerDouble) -> None:
    """Whoever asks for the health of a load balancer that went down has it come back."""
    number = _balancer(hetzner, services=[HTTP])["id"]
    hetzner.machines.calls.clear()
    hetzner.machines.broken["balancer_health"] = "does not run"

    def healed() -> bool:
        _shown(hetzner, number)
        return bool(hetzner.machines.named("apply_balancer"))

    hetzner.until(healed)

"""Targets of load balancers: servers, labels, addresses, networks, firewalls, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.hetzner.load_balancers.spec import TargetHealth
from tests.contract.balancer_calls import (
    HTTP,
    act,
    make_balancer,
    make_network,
    server_target,
    shown,
    told,
)

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def test_targets_come_and_go(hetzner: HetznerDouble) -> None:
    """A server is a target once; removing it needs no word about the private address."""
    server = hetzner.server()
    number = make_balancer(hetzner)["id"]
    assert act(hetzner, number, "add_target", **server_target(server["id"])).status_code == 201
    twice = act(hetzner, number, "add_target", **server_target(server["id"]))
    assert hetzner.error(twice) == (422, "target_already_defined")
    gone = {"type": "server", "server": {"id": server["id"]}}
    assert act(hetzner, number, "remove_target", **gone).status_code == 201
    assert told(hetzner).targets == ()
    assert hetzner.error(act(hetzner, number, "remove_target", **gone)) == (422, "invalid_input")


def test_label_selector_follows_the_labels(hetzner: HetznerDouble) -> None:
    """Servers that get the label become targets without a call, deleted ones drop out."""
    target = {"type": "label_selector", "label_selector": {"selector": "role=web"}}
    first = hetzner.server("a", labels={"role": "web"})
    number = make_balancer(hetzner, targets=[target], services=[HTTP])["id"]
    second = hetzner.server("b")
    hetzner.bound("b").update(labels={"role": "web"})
    hetzner.until(lambda: len(told(hetzner).targets) == 2)
    (found,) = shown(hetzner, number)["targets"]
    assert [one["server"]["id"] for one in found["targets"]] == [first["id"], second["id"]]
    hetzner.bound("a").delete()
    hetzner.until(lambda: [one.server for one in told(hetzner).targets] == [second["id"]])


def test_firewall_of_a_public_target_is_told(hetzner: HetznerDouble) -> None:
    """The load balancer keeps to what a server lets in, and hears of changes."""
    server = hetzner.server()
    make_balancer(hetzner, services=[HTTP], targets=[server_target(server["id"])])
    assert told(hetzner).targets[0].rules is None
    target = {"type": "server", "server": {"id": server["id"]}}
    assert hetzner.post("/firewalls", {"name": "shut", "apply_to": [target]}).status_code == 201
    hetzner.until(lambda: told(hetzner).targets[0].rules == ())


def test_deleted_server_is_no_target(hetzner: HetznerDouble) -> None:
    """It leaves the list of targets."""
    server = hetzner.server()
    number = make_balancer(hetzner, targets=[server_target(server["id"])])["id"]
    hetzner.bound().delete()
    hetzner.settle()
    assert shown(hetzner, number)["targets"] == []


def test_address_of_a_server_is_a_target(hetzner: HetznerDouble) -> None:
    """An IP target has to belong to a server of the project."""
    server = hetzner.server()
    number = make_balancer(hetzner, services=[HTTP])["id"]
    foreign = act(hetzner, number, "add_target", type="ip", ip={"ip": "203.0.113.9"})
    assert hetzner.error(foreign) == (422, "ip_not_owned")
    own = {"type": "ip", "ip": {"ip": hetzner.ipv4()}}
    assert act(hetzner, number, "add_target", **own).status_code == 201
    assert [one.server for one in told(hetzner).targets] == [server["id"]]
    assert shown(hetzner, number)["targets"][0]["ip"]["ip"] == hetzner.ipv4()


def test_private_targets_need_the_network_on_both_sides(hetzner: HetznerDouble) -> None:
    """Without its own network, or without the server's, a private target is refused."""
    server = hetzner.server()
    number = make_balancer(hetzner)["id"]
    target = server_target(server["id"], private=True)
    alone = act(hetzner, number, "add_target", **target)
    assert hetzner.error(alone) == (422, "load_balancer_not_attached_to_network")
    network = make_network(hetzner)
    assert act(hetzner, number, "attach_to_network", network=network).status_code == 201
    apart = act(hetzner, number, "add_target", **target)
    assert hetzner.error(apart) == (422, "resolve_cloud_private_targets_error")
    hetzner.post(f"/servers/{server['id']}/actions/attach_to_network", {"network": network})
    assert act(hetzner, number, "add_target", **target).status_code == 201
    spec = told(hetzner)
    assert spec.leg is not None
    assert (spec.leg.ip, spec.targets[0].address) == ("10.0.0.2", "10.0.0.3")
    assert hetzner.get(f"/networks/{network}")["network"]["load_balancers"] == [number]


def test_hidden_server_is_no_public_target(hetzner: HetznerDouble) -> None:
    """A server without a public address can only be reached privately."""
    hidden = {"enable_ipv4": False, "enable_ipv6": False}
    server = hetzner.server(public_net=hidden, networks=[make_network(hetzner)])
    number = make_balancer(hetzner)["id"]
    refused = act(hetzner, number, "add_target", **server_target(server["id"]))
    assert hetzner.error(refused) == (422, "resolve_cloud_public_targets_error")


def test_networks_come_and_go(hetzner: HetznerDouble) -> None:
    """One network at a time, with the address of choice."""
    number = make_balancer(hetzner)["id"]
    network = make_network(hetzner)
    taken = act(hetzner, number, "attach_to_network", network=network, ip="10.0.0.1")
    assert hetzner.error(taken) == (422, "ip_not_available")
    wish = {"network": network, "ip": "10.0.0.9"}
    assert act(hetzner, number, "attach_to_network", **wish).status_code == 201
    assert shown(hetzner, number)["private_net"] == [wish]
    again = act(hetzner, number, "attach_to_network", network=make_network(hetzner, "other"))
    assert hetzner.error(again) == (422, "load_balancer_already_attached")
    assert act(hetzner, number, "detach_from_network", network=network).status_code == 201
    assert shown(hetzner, number)["private_net"] == []
    assert told(hetzner).leg is None


def test_public_interface_is_off_only_where_nobody_needs_it(hetzner: HetznerDouble) -> None:
    """It needs a network, and targets that are all private; then the address is closed."""
    server = hetzner.server()
    number = make_balancer(hetzner, targets=[server_target(server["id"])])["id"]
    path = "disable_public_interface"
    assert hetzner.error(act(hetzner, number, path)) == (
        422,
        "load_balancer_not_attached_to_network",
    )
    assert (
        act(hetzner, number, "attach_to_network", network=make_network(hetzner)).status_code == 201
    )
    assert hetzner.error(act(hetzner, number, path)) == (422, "targets_without_use_private_ip")
    assert act(hetzner, number, "remove_target", **server_target(server["id"])).status_code == 201
    assert act(hetzner, number, path).status_code == 201
    assert shown(hetzner, number)["public_net"]["enabled"] is False
    assert told(hetzner).ipv4 is None
    refused = act(hetzner, number, "add_target", **server_target(server["id"]))
    assert hetzner.error(refused) == (422, "load_balancer_public_interface_disabled")
    assert act(hetzner, number, "enable_public_interface").status_code == 201
    assert told(hetzner).ipv4 is not None


def test_health_is_what_the_machine_found(hetzner: HetznerDouble) -> None:
    """Each target shows each listen port; what nobody checked yet is unknown."""
    server = hetzner.server()
    other = HTTP | {"listen_port": 81}
    target = server_target(server["id"])
    number = make_balancer(hetzner, services=[HTTP, other], targets=[target])["id"]
    name = f"{server['id']}-public"
    found = TargetHealth(name, 80, "unhealthy", "Layer7 wrong status", 503)
    hetzner.machines.health[number] = (found,)
    hetzner.until(lambda: _statuses(hetzner, number) == ["unhealthy", "unknown"])
    first = shown(hetzner, number)["targets"][0]["health_status"][0]
    assert (first["http_status_code"], first["detail"]) == (503, "Layer7 wrong status")


def _statuses(hetzner: HetznerDouble, number: int) -> list[str]:
    found = shown(hetzner, number)["targets"][0]["health_status"]
    return [one["status"] for one in found]

"""Networks: ranges, subnets, routes, members, and what servers' machines are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hcloud.networks import NetworkRoute, NetworkSubnet

if TYPE_CHECKING:
    from hcloud.networks import BoundNetwork

    from localcloud.hetzner.machines import Leg
    from tests.contract.hetzner_double import HetznerDouble

ZONE = "eu-central"


def _network(
    hetzner: HetznerDouble, name: str = "net", ip_range: str = "10.0.0.0/16", *subnets: str
) -> BoundNetwork:
    parts = [NetworkSubnet(type="cloud", ip_range=part, network_zone=ZONE) for part in subnets]
    return hetzner.client.networks.create(name, ip_range, subnets=parts)


def _attach(
    hetzner: HetznerDouble, network: int | None, name: str = "web", **fields: object
) -> Any:  # noqa: ANN401 a response
    server = hetzner.bound(name)
    body = {"network": network} | fields
    return hetzner.post(f"/servers/{server.id}/actions/attach_to_network", body)


def _legs(hetzner: HetznerDouble) -> list[tuple[int, Leg]]:
    return hetzner.machines.named("attach_network")


def test_network_is_shown_as_it_was_made(hetzner: HetznerDouble) -> None:
    """Subnets and routes of the request are there at once, with the gateway of the network."""
    network = hetzner.client.networks.create(
        "net",
        "10.0.0.0/16",
        subnets=[NetworkSubnet(type="cloud", ip_range="10.0.1.0/24", network_zone=ZONE)],
        routes=[NetworkRoute(destination="192.168.0.0/24", gateway="10.0.1.5")],
        labels={"role": "db"},
    )
    found = hetzner.client.networks.get_by_name("net")
    assert found is not None
    assert found.id == network.id
    assert found.subnets is not None
    assert [(one.ip_range, one.gateway) for one in found.subnets] == [("10.0.1.0/24", "10.0.0.1")]
    assert found.routes is not None
    assert found.routes[0].gateway == "10.0.1.5"
    assert found.servers == []


@pytest.mark.parametrize("text", ["10.0.0.1/16", "8.8.0.0/16", "10.0.0.0/25", "nonsense"])
def test_range_has_to_be_private_and_large_enough(hetzner: HetznerDouble, text: str) -> None:
    """Host bits, public ranges and small ones are refused."""
    refused = hetzner.post("/networks", {"name": "net", "ip_range": text})
    assert hetzner.error(refused) == (422, "invalid_input")


def test_name_is_unique(hetzner: HetznerDouble) -> None:
    """A second network of the name is refused, also by renaming."""
    _network(hetzner)
    other = _network(hetzner, "other", "10.1.0.0/16")
    refused = hetzner.post("/networks", {"name": "net", "ip_range": "10.2.0.0/16"})
    assert hetzner.error(refused) == (409, "uniqueness_error")
    renamed = hetzner.http.put(f"/networks/{other.id}", json={"name": "net"})
    assert hetzner.error(renamed) == (409, "uniqueness_error")


def test_subnet_without_a_range_gets_the_next_free_one(hetzner: HetznerDouble) -> None:
    """The API picks a /24 that nobody has."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    body = {"type": "cloud", "network_zone": ZONE}
    assert hetzner.post(f"/networks/{network.id}/actions/add_subnet", body).status_code == 201
    network.reload()
    assert network.subnets is not None
    assert [one.ip_range for one in network.subnets] == ["10.0.0.0/24", "10.0.1.0/24"]


@pytest.mark.parametrize("text", ["10.0.0.0/25", "10.1.0.0/24", "10.0.0.128/31"])
def test_subnet_has_to_be_inside_and_free(hetzner: HetznerDouble, text: str) -> None:
    """One that overlaps, lies outside or is too small is refused, and nothing changes."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    body = {"type": "cloud", "network_zone": ZONE, "ip_range": text}
    refused = hetzner.post(f"/networks/{network.id}/actions/add_subnet", body)
    assert hetzner.error(refused) == (422, "invalid_input")
    assert len(hetzner.get(f"/networks/{network.id}")["network"]["subnets"]) == 1


def test_subnet_with_members_stays(hetzner: HetznerDouble) -> None:
    """A subnet goes only once nobody has an address of it."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    hetzner.server()
    assert _attach(hetzner, network.id).status_code == 201
    path = f"/networks/{network.id}/actions/delete_subnet"
    assert hetzner.error(hetzner.post(path, {"ip_range": "10.0.0.0/24"})) == (409, "conflict")
    hetzner.bound().detach_from_network(network).wait_until_finished()
    assert hetzner.post(path, {"ip_range": "10.0.0.0/24"}).status_code == 201
    assert hetzner.error(hetzner.post(path, {"ip_range": "10.0.0.0/24"})) == (422, "invalid_input")


def test_range_only_grows(hetzner: HetznerDouble) -> None:
    """A wider range from the same start is taken, anything else is not."""
    network = _network(hetzner, "net", "10.0.0.0/16")
    network.change_ip_range("10.0.0.0/12").wait_until_finished()
    assert hetzner.get(f"/networks/{network.id}")["network"]["ip_range"] == "10.0.0.0/12"
    for text in ("10.0.0.0/16", "10.16.0.0/12"):
        refused = hetzner.post(
            f"/networks/{network.id}/actions/change_ip_range", {"ip_range": text}
        )
        assert hetzner.error(refused) == (422, "invalid_input")


def test_routes_reach_the_machines(hetzner: HetznerDouble) -> None:
    """A route is told to every member but the one that knows the way; without it, it is gone."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    for name in ("web", "router"):
        hetzner.server(name)
        assert _attach(hetzner, network.id, name).status_code == 201
    hetzner.machines.calls.clear()
    route = NetworkRoute(destination="192.168.5.0/24", gateway="10.0.0.3")
    network.add_route(route).wait_until_finished()
    told = {leg.ip: leg.routes for _, leg in _legs(hetzner)}
    assert told == {"10.0.0.2": (("192.168.5.0/24", "10.0.0.3"),), "10.0.0.3": ()}
    hetzner.machines.calls.clear()
    network.delete_route(route).wait_until_finished()
    assert {leg.routes for _, leg in _legs(hetzner)} == {()}


@pytest.mark.parametrize(
    ("destination", "gateway"),
    [
        ("10.0.0.0/24", "10.0.0.5"),
        ("192.168.0.0/24", "10.0.0.1"),
        ("192.168.0.0/24", "11.0.0.1"),
        ("172.31.1.1/32", "10.0.0.5"),
    ],
)
def test_impossible_routes(hetzner: HetznerDouble, destination: str, gateway: str) -> None:
    """No route to a subnet, by the vendor's own gateway, or by an address elsewhere."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    body = {"destination": destination, "gateway": gateway}
    refused = hetzner.post(f"/networks/{network.id}/actions/add_route", body)
    assert hetzner.error(refused) == (422, "invalid_input")


def test_attached_server_has_the_next_free_address(hetzner: HetznerDouble) -> None:
    """The first address is the gateway's; the machine is told address and range."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    server = hetzner.server()
    hetzner.bound().attach_to_network(network).wait_until_finished()
    (shown,) = hetzner.get(f"/servers/{server['id']}")["server"]["private_net"]
    assert (shown["network"], shown["ip"], shown["alias_ips"]) == (network.id, "10.0.0.2", [])
    ((told, leg),) = _legs(hetzner)
    assert (told, leg.network, leg.cidr, leg.ip, leg.mac) == (
        server["id"],
        network.id,
        "10.0.0.0/16",
        "10.0.0.2",
        shown["mac_address"],
    )
    assert hetzner.get(f"/networks/{network.id}")["network"]["servers"] == [server["id"]]
    (member,) = hetzner.get(f"/networks/{network.id}/members")["members"]
    assert (member["id"], member["ip"], member["subnet"]) == (
        server["id"],
        "10.0.0.2",
        "10.0.0.0/24",
    )


def test_address_of_choice_and_of_a_chosen_subnet(hetzner: HetznerDouble) -> None:
    """`ip` is taken as it is; `ip_range` picks the subnet of the next free address."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24", "10.0.5.0/24")
    for name in ("a", "b"):
        hetzner.server(name)
    assert _attach(hetzner, network.id, "a", ip="10.0.0.77").status_code == 201
    assert _attach(hetzner, network.id, "b", ip_range="10.0.5.0/24").status_code == 201
    assert [leg.ip for _, leg in _legs(hetzner)] == ["10.0.0.77", "10.0.5.1"]


@pytest.mark.parametrize("ip", ["10.0.0.1", "10.0.0.0", "10.0.0.255", "10.0.9.9", "10.0.0.50"])
def test_addresses_that_cannot_be_had(hetzner: HetznerDouble, ip: str) -> None:
    """Gateway, edges, outside of subnets, taken: ip_not_available."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    for name in ("web", "first"):
        hetzner.server(name)
    assert _attach(hetzner, network.id, "first", ip="10.0.0.50").status_code == 201
    refused = _attach(hetzner, network.id, ip=ip)
    assert hetzner.error(refused) == (422, "ip_not_available")


def test_no_subnet_no_address(hetzner: HetznerDouble) -> None:
    """Without a subnet in the server's zone there is nothing to be had, at creation neither."""
    network = _network(hetzner)
    hetzner.server()
    assert hetzner.error(_attach(hetzner, network.id)) == (422, "no_subnet_available")
    body = {"type": "cloud", "network_zone": "us-east"}
    assert hetzner.post(f"/networks/{network.id}/actions/add_subnet", body).status_code == 201
    assert hetzner.error(_attach(hetzner, network.id)) == (422, "no_subnet_available")
    wish = {"name": "new", "server_type": "cx33", "image": "debian-12", "networks": [network.id]}
    refused = hetzner.post("/servers", wish | {"location": "fsn1"})
    assert hetzner.error(refused) == (422, "no_subnet_available")
    assert [one["name"] for one in hetzner.get("/servers")["servers"]] == ["web"]


def test_full_subnet(hetzner: HetznerDouble) -> None:
    """A /30 at the network's start has one address besides the gateway."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/30")
    for name in ("a", "b"):
        hetzner.server(name)
    assert _attach(hetzner, network.id, "a").status_code == 201
    assert hetzner.error(_attach(hetzner, network.id, "b")) == (422, "no_subnet_available")


def test_attached_once_and_not_to_overlapping_networks(hetzner: HetznerDouble) -> None:
    """The same network again, and one whose range overlaps, are refused."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    wider = _network(hetzner, "wider", "10.0.0.0/12", "10.2.0.0/24")
    hetzner.server()
    assert _attach(hetzner, network.id).status_code == 201
    assert hetzner.error(_attach(hetzner, network.id)) == (422, "server_already_attached")
    assert hetzner.error(_attach(hetzner, wider.id)) == (422, "networks_overlap")


def test_range_does_not_grow_into_another_network_of_a_member(hetzner: HetznerDouble) -> None:
    """Extending would make two networks of one server overlap."""
    first = _network(hetzner, "first", "10.0.0.0/16", "10.0.0.0/24")
    second = _network(hetzner, "second", "10.1.0.0/16", "10.1.0.0/24")
    hetzner.server(networks=[first.id, second.id])
    path = f"/networks/{first.id}/actions/change_ip_range"
    refused = hetzner.post(path, {"ip_range": "10.0.0.0/12"})
    assert hetzner.error(refused) == (422, "networks_overlap")


def test_locked_server_is_not_attached(hetzner: HetznerDouble) -> None:
    """While another action of the server runs, attaching is refused and writes nothing."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    server = hetzner.server()
    hetzner.machines.blocked.clear()
    hetzner.post(f"/servers/{server['id']}/actions/reset")
    assert hetzner.error(_attach(hetzner, network.id)) == (423, "locked")
    hetzner.machines.blocked.set()
    hetzner.settle()
    assert hetzner.get(f"/networks/{network.id}")["network"]["servers"] == []


def test_failed_attachment_leaves_the_address_free(hetzner: HetznerDouble) -> None:
    """Where the machine cannot join, the action fails and the server is in no network."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    server = hetzner.server()
    hetzner.machines.broken["attach_network"] = "no wire"
    action = _attach(hetzner, network.id).json()["action"]
    hetzner.settle()
    shown = hetzner.get(f"/actions/{action['id']}")["action"]
    assert (shown["status"], shown["error"]["message"]) == ("error", "no wire")
    assert hetzner.get(f"/servers/{server['id']}")["server"]["private_net"] == []


def test_alias_ips(hetzner: HetznerDouble) -> None:
    """Aliases replace each other, and are as unique as addresses."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    hetzner.server()
    server = hetzner.bound()
    server.attach_to_network(network, alias_ips=["10.0.0.10"]).wait_until_finished()
    server.change_alias_ips(network, ["10.0.0.10", "10.0.0.11"]).wait_until_finished()
    assert _legs(hetzner)[-1][1].aliases == ("10.0.0.10", "10.0.0.11")
    path = f"/servers/{server.id}/actions/change_alias_ips"
    for aliases in (["10.0.0.2"], ["10.0.0.12", "10.0.0.12"]):
        refused = hetzner.post(path, {"network": network.id, "alias_ips": aliases})
        assert hetzner.error(refused) == (422, "ip_not_available")


def test_detached_server_gives_its_address_back(hetzner: HetznerDouble) -> None:
    """The machine loses the interface, the next member gets the address."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    for name in ("web", "next"):
        hetzner.server(name)
    assert _attach(hetzner, network.id).status_code == 201
    hetzner.bound().detach_from_network(network).wait_until_finished()
    assert hetzner.machines.named("detach_network") == [(hetzner.bound().id, network.id)]
    assert _attach(hetzner, network.id, "next").status_code == 201
    assert _legs(hetzner)[-1][1].ip == "10.0.0.2"
    path = f"/servers/{hetzner.bound().id}/actions/detach_from_network"
    assert hetzner.error(hetzner.post(path, {"network": network.id})) == (422, "invalid_input")


def test_server_is_made_in_its_networks(hetzner: HetznerDouble) -> None:
    """`networks` of a create request attach before the first boot, without public ones too."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    hidden = {"enable_ipv4": False, "enable_ipv6": False}
    server = hetzner.server(networks=[network.id], public_net=hidden)
    assert server["private_net"][0]["ip"] == "10.0.0.2"
    assert server["status"] == "running"
    names = [name for name, _ in hetzner.machines.calls if name in {"attach_network", "start"}]
    assert names == ["attach_network", "start"]


def test_server_in_networks_that_overlap_is_not_made(hetzner: HetznerDouble) -> None:
    """A create request is checked as attaching is, before anything is made."""
    ids = [
        _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24").id,
        _network(hetzner, "wider", "10.0.0.0/12", "10.2.0.0/24").id,
    ]
    body = {"name": "web", "server_type": "cx33", "image": "debian-12", "networks": ids}
    assert hetzner.error(hetzner.post("/servers", body)) == (422, "networks_overlap")
    assert hetzner.get("/servers")["servers"] == []


def test_deleted_server_leaves_its_networks(hetzner: HetznerDouble) -> None:
    """Nothing of it is left in the list of members."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    hetzner.server(networks=[network.id])
    hetzner.bound().delete()
    hetzner.settle()
    assert hetzner.get(f"/networks/{network.id}")["network"]["servers"] == []


def test_deleted_network_detaches_its_members(hetzner: HetznerDouble) -> None:
    """The members lose their interfaces, then the network goes; a protected one stays."""
    network = _network(hetzner, "net", "10.0.0.0/16", "10.0.0.0/24")
    server = hetzner.server(networks=[network.id])
    network.change_protection(delete=True).wait_until_finished()
    assert hetzner.error(hetzner.http.delete(f"/networks/{network.id}")) == (423, "protected")
    network.change_protection(delete=False).wait_until_finished()
    assert network.delete() is True
    hetzner.settle()
    assert hetzner.machines.named("detach_network") == [(server["id"], network.id)]
    assert hetzner.machines.named("drop_network") == [network.id]
    assert hetzner.get(f"/servers/{server['id']}")["server"]["private_net"] == []
    assert hetzner.error(hetzner.http.get(f"/networks/{network.id}")) == (404, "not_found")

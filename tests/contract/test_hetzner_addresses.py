"""Primary IPs and reverse names."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def _address(hetzner: HetznerDouble, **fields: object) -> dict[str, Any]:
    body = {"name": "a", "type": "ipv4", "location": "fsn1"} | fields
    answer = hetzner.post("/primary_ips", body)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["primary_ip"])


def test_new_address_is_unassigned(hetzner: HetznerDouble) -> None:
    """An address for a location belongs to nobody and says so in today's words."""
    address = _address(hetzner, assignee_type="server")
    assert (address["assignee_id"], address["assignee_type"]) == (None, "unassigned")
    assert ipaddress.ip_address(address["ip"]) in ipaddress.ip_network("127.10.0.0/16")


def test_ipv6_is_a_network_whose_text_can_be_extended(hetzner: HetznerDouble) -> None:
    """Clients append to the part before the mask, so it ends in `::`."""
    address = _address(hetzner, type="ipv6")
    assert address["ip"].removesuffix("/64").endswith("::")
    assert ipaddress.IPv6Network(address["ip"]).subnet_of(ipaddress.IPv6Network("2001:db8::/32"))


def test_addresses_do_not_come_back_soon(hetzner: HetznerDouble) -> None:
    """A deleted address is not handed to the next who asks."""
    first = _address(hetzner)
    hetzner.http.delete(f"/primary_ips/{first['id']}")
    assert _address(hetzner)["ip"] != first["ip"]


def test_assign_and_unassign_need_an_off_server(hetzner: HetznerDouble) -> None:
    """A running server neither takes nor gives up an address; one that is off does both."""
    server = hetzner.server(public_net={"enable_ipv4": False})
    address = _address(hetzner)
    path = f"/primary_ips/{address['id']}"
    body = {"assignee_type": "server", "assignee_id": server["id"]}
    refused = hetzner.post(f"{path}/actions/assign", body)
    assert hetzner.error(refused) == (422, "server_not_stopped")
    hetzner.bound().power_off().wait_until_finished()
    assigned = hetzner.post(f"{path}/actions/assign", body).json()["action"]
    assert (assigned["command"], assigned["status"]) == ("assign_primary_ip", "success")
    assert hetzner.get(path)["primary_ip"]["assignee_id"] == server["id"]
    again = hetzner.post(f"{path}/actions/assign", body)
    assert hetzner.error(again) == (422, "primary_ip_already_assigned")
    second = _address(hetzner, name="b")
    full = hetzner.post(f"/primary_ips/{second['id']}/actions/assign", body)
    assert hetzner.error(full) == (422, "server_has_ipv4")
    hetzner.post(f"{path}/actions/unassign")
    assert hetzner.get(path)["primary_ip"]["assignee_type"] == "unassigned"
    moves = hetzner.machines.named("set_address")
    assert moves == [(server["id"], address["ip"]), (server["id"], None)]


def test_address_is_made_for_a_server(hetzner: HetznerDouble) -> None:
    """With an assignee and no location the address goes where the server is."""
    server = hetzner.server(public_net={"enable_ipv4": False}, start_after_create=False)
    body = {"name": "a", "type": "ipv4", "assignee_type": "server", "assignee_id": server["id"]}
    answer = hetzner.post("/primary_ips", body).json()
    assert answer["action"]["command"] == "assign_primary_ip"
    assert answer["primary_ip"]["assignee_id"] == server["id"]
    assert answer["primary_ip"]["location"]["name"] == "fsn1"


@pytest.mark.parametrize(
    ("address", "net", "status", "code"),
    [
        ({"type": "ipv6"}, "ipv4", 412, "primary_ip_version_mismatch"),
        ({"location": "nbg1"}, "ipv4", 422, "primary_ip_datacenter_mismatch"),
    ],
)
def test_server_takes_only_fitting_addresses(
    hetzner: HetznerDouble, address: dict[str, str], net: str, status: int, code: str
) -> None:
    """Version and location of a named address have to fit the new server."""
    made = _address(hetzner, **address)
    body = {"name": "web", "server_type": "cx33", "image": "debian-12", "location": "fsn1"}
    answer = hetzner.post("/servers", body | {"public_net": {net: made["id"]}})
    assert hetzner.error(answer) == (status, code)


def test_address_of_another_server_is_refused(hetzner: HetznerDouble) -> None:
    """Create-before-delete with a pinned address fails as at the vendor."""
    made = _address(hetzner)
    hetzner.server(public_net={"ipv4": made["id"]})
    body = {"name": "new", "server_type": "cx33", "image": "debian-12", "location": "fsn1"}
    answer = hetzner.post("/servers", body | {"public_net": {"ipv4": made["id"]}})
    assert hetzner.error(answer) == (422, "primary_ip_assigned")


def test_deletion_is_guarded(hetzner: HetznerDouble) -> None:
    """Protected and assigned addresses stay; a free one goes."""
    address = _address(hetzner)
    path = f"/primary_ips/{address['id']}"
    hetzner.post(f"{path}/actions/change_protection", {"delete": True})
    assert hetzner.error(hetzner.http.delete(path)) == (423, "protected")
    hetzner.post(f"{path}/actions/change_protection", {"delete": False})
    hetzner.server(public_net={"ipv4": address["id"]})
    assert hetzner.error(hetzner.http.delete(path)) == (422, "must_be_unassigned")
    hetzner.bound().delete().wait_until_finished()
    assert hetzner.http.delete(path).status_code == 204
    assert hetzner.error(hetzner.http.get(path)) == (404, "not_found")


def test_protection_and_auto_delete_exclude_each_other(hetzner: HetznerDouble) -> None:
    """An address that goes with its server cannot be protected, nor the reverse."""
    path = f"/primary_ips/{_address(hetzner, auto_delete=True)['id']}"
    refused = hetzner.post(f"{path}/actions/change_protection", {"delete": True})
    assert hetzner.error(refused) == (422, "invalid_input")
    hetzner.http.put(path, json={"auto_delete": False})
    hetzner.post(f"{path}/actions/change_protection", {"delete": True})
    refused = hetzner.http.put(path, json={"auto_delete": True})
    assert hetzner.error(refused) == (422, "invalid_input")


def test_name_and_place_are_needed(hetzner: HetznerDouble) -> None:
    """Names are unique and an address has to be somewhere."""
    _address(hetzner)
    twice = hetzner.post("/primary_ips", {"name": "a", "type": "ipv4", "location": "fsn1"})
    assert hetzner.error(twice) == (409, "uniqueness_error")
    nowhere = hetzner.post("/primary_ips", {"name": "b", "type": "ipv4"})
    assert hetzner.error(nowhere) == (422, "invalid_input")


def test_reverse_names(hetzner: HetznerDouble) -> None:
    """IPv4 goes back to the default on null, IPv6 loses its name, strangers are refused."""
    server = hetzner.server()
    path = f"/servers/{server['id']}/actions/change_dns_ptr"
    ipv4 = server["public_net"]["ipv4"]["ip"]
    ipv6 = server["public_net"]["ipv6"]["ip"].removesuffix("/64") + "1"
    default = server["public_net"]["ipv4"]["dns_ptr"]
    for ip in (ipv4, ipv6):
        assert hetzner.post(path, {"ip": ip, "dns_ptr": "web.nutri.test"}).status_code == 201
    net = hetzner.get(f"/servers/{server['id']}")["server"]["public_net"]
    assert net["ipv4"]["dns_ptr"] == "web.nutri.test"
    assert net["ipv6"]["dns_ptr"] == [{"ip": ipv6, "dns_ptr": "web.nutri.test"}]
    for ip in (ipv4, ipv6):
        assert hetzner.post(path, {"ip": ip, "dns_ptr": None}).status_code == 201
    net = hetzner.get(f"/servers/{server['id']}")["server"]["public_net"]
    assert (net["ipv4"]["dns_ptr"], net["ipv6"]["dns_ptr"]) == (default, [])
    for ip in ("192.0.2.1", "2001:db9::1", "nonsense"):
        refused = hetzner.post(path, {"ip": ip, "dns_ptr": "x.test"})
        assert hetzner.error(refused) == (422, "invalid_input")

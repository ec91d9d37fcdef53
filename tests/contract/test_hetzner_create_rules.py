"""What a request for a new server may not say; nothing is made when one thing is wrong."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_GOOD: dict[str, Any] = {"name": "web", "server_type": "cx33", "image": "debian-12"}


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"name": "no_underscore"}, 422, "invalid_input"),
        ({"name": "-dash"}, 422, "invalid_input"),
        ({"name": "x" * 64}, 422, "invalid_input"),
        ({"name": ""}, 422, "invalid_input"),
        ({"server_type": "cx99"}, 422, "invalid_input"),
        ({"server_type": "cx32"}, 422, "invalid_input"),
        ({"server_type": "1"}, 422, "invalid_input"),
        ({"server_type": None}, 422, "invalid_input"),
        ({"image": "debian-1"}, 422, "invalid_input"),
        ({"image": 114690389}, 422, "invalid_input"),
        ({"location": "mars1"}, 422, "invalid_input"),
        ({"location": "ash"}, 422, "invalid_input"),
        ({"location": "nbg1"}, 412, "resource_unavailable"),
        ({"ssh_keys": ["nobody"]}, 422, "invalid_input"),
        ({"ssh_keys": [1]}, 422, "invalid_input"),
        ({"user_data": "x" * 32769}, 422, "invalid_input"),
        ({"labels": {"a": "b c"}}, 422, "invalid_input"),
        ({"firewalls": [{"firewall": 1}]}, 422, "invalid_input"),
        ({"networks": [1]}, 422, "invalid_input"),
        ({"volumes": [1]}, 422, "invalid_input"),
        ({"placement_group": 1}, 422, "invalid_input"),
        ({"public_net": {"enable_ipv4": False, "enable_ipv6": False}}, 422, "invalid_input"),
        ({"public_net": {"ipv4": 1}}, 422, "invalid_input"),
        ({"start_after_create": "yes"}, 422, "invalid_input"),
    ],
)
def test_wrong_request_is_refused_and_makes_nothing(
    hetzner: HetznerDouble, change: dict[str, Any], status: int, code: str
) -> None:
    """Each wrong field has the vendor's status and code, and leaves no trace."""
    hetzner.turn("PATCH", "/knobs", {"sold_out": {"cx33": ["nbg1"]}})
    assert hetzner.error(hetzner.post("/servers", _GOOD | change)) == (status, code)
    assert hetzner.get("/servers")["servers"] == []
    assert hetzner.get("/primary_ips")["primary_ips"] == []
    assert hetzner.machines.calls == []


def test_name_is_unique(hetzner: HetznerDouble) -> None:
    """A second server of the name is a 409 that names the field."""
    hetzner.server()
    answer = hetzner.post("/servers", _GOOD)
    assert hetzner.error(answer) == (409, "uniqueness_error")
    assert answer.json()["error"]["details"] == {"fields": [{"name": "name"}]}


def test_without_a_location_a_sold_out_one_is_passed_over(hetzner: HetznerDouble) -> None:
    """The API picks a location that has the type; when none has, it is sold out."""
    hetzner.turn("PATCH", "/knobs", {"sold_out": {"cx33": ["fsn1"]}})
    server = hetzner.post("/servers", _GOOD).json()["server"]
    assert server["location"]["name"] == "nbg1"
    hetzner.turn("PATCH", "/knobs", {"sold_out": {"cx33": ["fsn1", "nbg1", "hel1"]}})
    answer = hetzner.post("/servers", _GOOD | {"name": "second"})
    assert hetzner.error(answer) == (412, "resource_unavailable")


def test_ids_work_where_names_do(hetzner: HetznerDouble) -> None:
    """The Go client sends the image as a number and SSH keys as numbers."""
    server = hetzner.server(image=114690387, server_type="115")
    assert server["image"]["name"] == "debian-12"
    assert server["server_type"]["name"] == "cx33"


def test_image_of_the_architecture_is_taken(hetzner: HetznerDouble) -> None:
    """The same image name means another image on arm."""
    assert hetzner.server(server_type="cax11")["image"]["architecture"] == "arm"


def test_unknown_property_is_tolerated(hetzner: HetznerDouble) -> None:
    """Clients send more than the API knows, and what it dropped as null."""
    assert hetzner.server(automount=False, datacenter=None, colour="x")["status"] == "running"


def test_server_without_interface_can_be_made_off_but_not_started(hetzner: HetznerDouble) -> None:
    """No interface is fine while it is off; powering it on is not."""
    net = {"enable_ipv4": False, "enable_ipv6": False}
    server = hetzner.server(public_net=net, start_after_create=False)
    assert server["public_net"]["ipv4"] is None
    assert server["public_net"]["ipv6"] is None
    answer = hetzner.post(f"/servers/{server['id']}/actions/poweron")
    assert hetzner.error(answer) == (422, "invalid_input")


def test_todays_answer_has_a_location_and_no_datacenter(hetzner: HetznerDouble) -> None:
    """Since July 2026 servers and primary IPs tell their location only."""
    server = hetzner.server()
    assert server["location"]["name"] == "fsn1"
    assert "datacenter" not in server
    assert "datacenter" not in hetzner.get("/primary_ips")["primary_ips"][0]

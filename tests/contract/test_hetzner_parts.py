"""Floating IPs, rescue and ISOs, metrics, snapshots and subaccounts of Storage Boxes, and more."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from hcloud.isos import Iso
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import StorageBoxSubaccountAccessSettings

if TYPE_CHECKING:
    from hcloud.storage_boxes import BoundStorageBox

    from tests.contract.hetzner_double import HetznerDouble

_PASSWORD = "Quite-a-secret-1"
_START = "2026-07-01T00:00:00+00:00"


def test_a_floating_ip_moves_between_servers(hetzner: HetznerDouble) -> None:
    """Made, given, taken by name, given away, and gone only when nobody has it."""
    first, second = (hetzner.server(name, start_after_create=False) for name in ("a", "b"))
    made = hetzner.client.floating_ips.create(
        type="ipv4", home_location=Location(name="fsn1"), name="entry", labels={"a": "b"}
    )
    entry = made.floating_ip
    assert entry.ip is not None
    entry.assign(hetzner.bound("a")).wait_until_finished()
    shown = hetzner.get(f"/servers/{first['id']}")["server"]["public_net"]["floating_ips"]
    assert shown == [entry.id]
    body = {"server": second["id"]}
    taken = hetzner.post(f"/floating_ips/{entry.id}/actions/assign", body)
    assert hetzner.error(taken) == (422, "floating_ip_assigned")
    assert hetzner.error(hetzner.http.delete(f"/floating_ips/{entry.id}")) == (
        422,
        "must_be_unassigned",
    )
    entry.unassign().wait_until_finished()
    entry.assign(hetzner.bound("b")).wait_until_finished()
    entry.change_dns_ptr(entry.ip, "entry.nutri.test").wait_until_finished()
    entry.reload()
    assert entry.dns_ptr == [{"ip": entry.ip, "dns_ptr": "entry.nutri.test"}]
    hetzner.bound("b").delete().wait_until_finished()
    entry.reload()
    assert entry.server is None
    entry.change_protection(delete=True).wait_until_finished()
    assert hetzner.error(hetzner.http.delete(f"/floating_ips/{entry.id}")) == (423, "protected")
    entry.change_protection(delete=False).wait_until_finished()
    entry.delete()
    assert hetzner.client.floating_ips.get_all() == []


def test_addresses_are_nobody_elses(hetzner: HetznerDouble) -> None:
    """A floating IP, a primary IP and a load balancer never share one."""
    floating = [
        hetzner.post("/floating_ips", {"type": "ipv4", "home_location": "fsn1"}).json()
        for _ in range(3)
    ]
    hetzner.server()
    found = {one["floating_ip"]["ip"] for one in floating}
    assert len(found) == 3
    assert hetzner.ipv4() not in found


@pytest.mark.parametrize("kind", ["primary_ips", "floating_ips"])
def test_an_ipv6_is_found_by_its_network_and_by_its_first_address(
    hetzner: HetznerDouble, kind: str
) -> None:
    """Clients ask for the address without a mask."""
    place = {"location": "fsn1"} if kind == "primary_ips" else {"home_location": "fsn1"}
    bodies = [{"type": "ipv6", "name": f"six-{number}", **place} for number in range(2)]
    made = [hetzner.post(f"/{kind}", body).json()[kind[:-1]] for body in bodies]
    address = made[0]["ip"]
    assert address.endswith("::/64")
    for text in (address, address.removesuffix("/64"), address.replace("::", ":0:0::")):
        found = hetzner.http.get(f"/{kind}", params={"ip": text}).json()[kind]
        assert [one["id"] for one in found] == [made[0]["id"]], text
    assert hetzner.http.get(f"/{kind}", params={"ip": "2001:db8:ffff::"}).json()[kind] == []


def test_the_rescue_system_is_for_the_next_start(hetzner: HetznerDouble) -> None:
    """Enabled once, used up by a start, or disabled again."""
    hetzner.server(start_after_create=False)
    server = hetzner.bound()
    done = server.enable_rescue()
    done.action.wait_until_finished()
    assert done.root_password
    assert hetzner.bound().rescue_enabled
    path = f"/servers/{server.id}/actions/enable_rescue"
    assert hetzner.error(hetzner.post(path))[0] == 422
    server.power_on().wait_until_finished()
    assert not hetzner.bound().rescue_enabled
    server.enable_rescue().action.wait_until_finished()
    server.disable_rescue().wait_until_finished()
    assert not hetzner.bound().rescue_enabled
    answer = hetzner.post(path, {"ssh_keys": [1]})
    assert hetzner.error(answer) == (422, "invalid_input")


def test_a_disc_goes_in_and_out(hetzner: HetznerDouble) -> None:
    """One for another architecture is refused."""
    hetzner.server(start_after_create=False)
    server = hetzner.bound()
    server.attach_iso(Iso(name="debian-12-netinst")).wait_until_finished()
    found = hetzner.bound().iso
    assert found is not None
    assert found.name == "debian-12-netinst"
    path = f"/servers/{server.id}/actions/attach_iso"
    refused = hetzner.post(path, {"iso": "debian-12-netinst-arm64"})
    assert hetzner.error(refused) == (422, "invalid_input")
    server.detach_iso().wait_until_finished()
    assert hetzner.bound().iso is None
    assert hetzner.client.servers.request_console(server).password


def test_isos_are_of_an_architecture(hetzner: HetznerDouble) -> None:
    """Those for any come only where they are asked for."""

    def names(**params: str) -> list[str]:
        found = hetzner.http.get("/isos", params={"architecture": "arm", **params}).json()["isos"]
        return [one["name"] for one in found]

    assert names() == ["debian-12-netinst-arm64"]
    assert names(include_architecture_wildcard="true") == [
        "debian-12-netinst-arm64",
        "virtio-win.iso",
    ]


def test_metrics_have_the_series_and_steps_asked_for(hetzner: HetznerDouble) -> None:
    """Of a server that runs; at most 500 samples, 200 unless a step is given."""
    hetzner.server()
    end = dt.datetime.fromisoformat(_START) + dt.timedelta(hours=1)
    found = hetzner.bound().get_metrics(["cpu", "network"], _START, end).metrics
    assert set(found.time_series or {}) == {
        "cpu",
        "network.0.pps.in",
        "network.0.pps.out",
        "network.0.bandwidth.in",
        "network.0.bandwidth.out",
    }
    assert len((found.time_series or {})["cpu"]["values"]) == 200
    short = hetzner.bound().get_metrics("disk", _START, end, step=1).metrics
    assert len((short.time_series or {})["disk.0.iops.read"]["values"]) <= 500
    hetzner.bound().power_off().wait_until_finished()
    off = hetzner.bound().get_metrics("cpu", _START, end).metrics
    assert (off.time_series or {})["cpu"]["values"] == []


@pytest.mark.parametrize(
    "params",
    [
        {"type": "memory", "start": _START, "end": "2026-07-02T00:00:00Z"},
        {"type": "cpu", "start": _START, "end": _START},
        {"type": "cpu", "start": "yesterday", "end": _START},
        {"start": _START, "end": "2026-07-02T00:00:00Z"},
    ],
)
def test_metrics_want_to_be_asked_properly(hetzner: HetznerDouble, params: dict[str, str]) -> None:
    """There is none of the memory, and no time before the beginning."""
    server = hetzner.server(start_after_create=False)
    answer = hetzner.http.get(f"/servers/{server['id']}/metrics", params=params)
    assert hetzner.error(answer) == (422, "invalid_input")


def test_a_balancer_takes_addresses_of_the_project(hetzner: HetznerDouble) -> None:
    """They are its own until it goes, and free again then; nobody else can have them meanwhile."""
    body: dict[str, Any] = {"location": "fsn1", "type": "ipv4", "name": "front"}
    address = hetzner.post("/primary_ips", body).json()["primary_ip"]
    wish = {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1"}
    made = hetzner.post("/load_balancers", {**wish, "public_net": {"ipv4": address["id"]}}).json()
    net = made["load_balancer"]["public_net"]
    assert (net["ipv4"]["id"], net["ipv4"]["ip"]) == (address["id"], address["ip"])
    shown = hetzner.get(f"/primary_ips/{address['id']}")["primary_ip"]
    assert (shown["assignee_type"], shown["assignee_id"]) == (
        "load_balancer",
        made["load_balancer"]["id"],
    )
    again = {**wish, "name": "other", "public_net": {"ipv4": address["id"]}}
    assert hetzner.error(hetzner.post("/load_balancers", again)) == (422, "primary_ip_assigned")
    elsewhere = {**wish, "name": "far", "location": "nbg1", "public_net": {"ipv4": 1}}
    assert hetzner.error(hetzner.post("/load_balancers", elsewhere)) == (422, "invalid_input")
    params = {"type": "open_connections", "start": _START, "end": "2026-07-02T00:00:00Z"}
    path = f"/load_balancers/{made['load_balancer']['id']}"
    assert hetzner.http.get(f"{path}/metrics", params=params).is_success
    hetzner.http.delete(path)
    hetzner.settle()
    free = hetzner.get(f"/primary_ips/{address['id']}")["primary_ip"]
    assert (free["assignee_type"], free["assignee_id"]) == ("unassigned", None)


def test_a_failed_certificate_is_tried_again(hetzner: HetznerDouble) -> None:
    """Once the zone is there; one that is well is not."""
    wish = {"name": "c", "type": "managed", "domain_names": ["www.nutri.test"]}
    number = hetzner.post("/certificates", wish).json()["certificate"]["id"]
    hetzner.settle()
    assert hetzner.get(f"/certificates/{number}")["certificate"]["status"]["issuance"] == "failed"
    hetzner.post("/zones", {"name": "nutri.test", "mode": "primary"})
    path = f"/certificates/{number}/actions/retry"
    assert hetzner.post(path).json()["action"]["command"] == "issue_certificate"
    hetzner.settle()
    status = hetzner.get(f"/certificates/{number}")["certificate"]["status"]
    assert (status["issuance"], status["error"]) == ("completed", None)
    assert hetzner.error(hetzner.post(path))[0] == 422


def test_a_datacenter_is_refused_where_it_went(hetzner: HetznerDouble) -> None:
    """Servers and primary IPs take a location."""
    server = {"name": "web", "server_type": "cx33", "image": "debian-12", "datacenter": "fsn1-dc14"}
    answer = hetzner.post("/servers", server)
    assert hetzner.error(answer) == (422, "invalid_input")
    assert answer.json()["error"]["details"]["fields"][0]["name"] == "datacenter"
    address = {"name": "ip", "type": "ipv4", "datacenter": "fsn1-dc14"}
    assert hetzner.error(hetzner.post("/primary_ips", address)) == (422, "invalid_input")
    assert hetzner.client.servers.get_all() == []


@pytest.mark.parametrize("path", ["/", "/v2/servers", "/favicon.ico", "/v1", "/v1/", "/v1/nothing"])
def test_every_path_answers_in_the_envelope(hetzner: HetznerDouble, path: str) -> None:
    """Clients drop what is no JSON, and with it the code."""
    answer = hetzner.http.get(hetzner.endpoint.removesuffix("/v1") + path)
    assert answer.headers["content-type"] == "application/json"
    assert hetzner.error(answer) == (404, "not_found")


@pytest.mark.parametrize(
    ("name", "description"),
    [("cx33", "CX33"), ("cpx32", "CPX 32"), ("ccx23", "CCX23 Dedicated CPU"), ("cax11", "CAX11")],
)
def test_types_are_described_as_the_vendor_does(
    hetzner: HetznerDouble, name: str, description: str
) -> None:
    """Which is not always their name in capitals."""
    found = hetzner.client.server_types.get_by_name(name)
    assert isinstance(found, ServerType)
    assert found.description == description


def test_the_serial_is_the_apis_own(hetzner: HetznerDouble) -> None:
    """Whatever serial somebody writes, it goes up by one."""
    hetzner.post("/zones", {"name": "nutri.test", "mode": "primary"})
    path = "/zones/nutri.test/rrsets/@/SOA"

    def value() -> list[str]:
        return str(hetzner.get(path)["rrset"]["records"][0]["value"]).split()

    before = value()
    wish = [*before[:2], "7", *before[3:6], "1800"]
    hetzner.post(f"{path}/actions/set_records", {"records": [{"value": " ".join(wish)}]})
    hetzner.settle()
    assert int(value()[2]) == int(before[2]) + 1
    assert value()[6] == "1800"


def _box(hetzner: HetznerDouble) -> BoundStorageBox:
    made = hetzner.client.storage_boxes.create(
        name="dumps",
        password=_PASSWORD,
        location=Location(name="fsn1"),
        storage_box_type=StorageBoxType(name="bx11"),
    )
    made.action.wait_until_finished()
    return made.storage_box


def test_a_box_has_snapshots(hetzner: HetznerDouble) -> None:
    """Taken, described, gone back to, deleted; with the box all go."""
    box = _box(hetzner)
    taken = box.create_snapshot(description="before", labels={"a": "b"})
    taken.action.wait_until_finished()
    (one,) = box.get_snapshot_all()
    assert (one.description, one.is_automatic, one.labels) == ("before", False, {"a": "b"})
    one.update(description="after")
    box.rollback_snapshot(one).wait_until_finished()
    missing = hetzner.post(f"/storage_boxes/{box.id}/actions/rollback_snapshot", {"snapshot": "x"})
    assert hetzner.error(missing) == (422, "invalid_input")
    assert one.id is not None
    assert box.get_snapshot_by_id(one.id).description == "after"
    one.delete().action.wait_until_finished()
    assert box.get_snapshot_all() == []


def test_a_box_has_subaccounts(hetzner: HetznerDouble) -> None:
    """Each with a folder, a password and rights of its own."""
    box = _box(hetzner)
    access = StorageBoxSubaccountAccessSettings(ssh_enabled=True, readonly=True)
    made = box.create_subaccount(
        home_directory="dumps", password=_PASSWORD, access_settings=access, description="d"
    )
    made.action.wait_until_finished()
    (one,) = box.get_subaccount_all()
    assert one.username == f"{box.data_model.username or hetzner_user(hetzner, box)}-sub1"
    assert one.access_settings is not None
    assert (one.access_settings.ssh_enabled, one.access_settings.readonly) == (True, True)
    one.change_home_directory("other").wait_until_finished()
    one.reset_password(_PASSWORD + "2").wait_until_finished()
    changed = StorageBoxSubaccountAccessSettings(readonly=False)
    one.update_access_settings(changed).wait_until_finished()
    one.reload()
    assert one.home_directory == "other"
    assert not one.access_settings.readonly
    assert one.access_settings.ssh_enabled
    path = f"/storage_boxes/{box.id}/subaccounts"
    weak = hetzner.post(path, {"home_directory": "x", "password": "weak"})
    assert hetzner.error(weak) == (422, "invalid_input")
    outside = hetzner.post(path, {"home_directory": "../x", "password": _PASSWORD})
    assert hetzner.error(outside) == (422, "invalid_input")
    one.delete().action.wait_until_finished()
    assert box.get_subaccount_all() == []


def hetzner_user(hetzner: HetznerDouble, box: BoundStorageBox) -> str:
    """The user name of a box, as the API shows it."""
    return str(hetzner.get(f"/storage_boxes/{box.id}")["storage_box"]["username"])


def test_what_is_written_down_is_no_password(hetzner: HetznerDouble) -> None:
    """The answers have none of a subaccount."""
    box = _box(hetzner)
    body = {"home_directory": "x", "password": _PASSWORD}
    number = hetzner.post(f"/storage_boxes/{box.id}/subaccounts", body).json()["subaccount"]["id"]
    shown = hetzner.http.get(f"/storage_boxes/{box.id}/subaccounts/{number}")
    assert _PASSWORD not in shown.text

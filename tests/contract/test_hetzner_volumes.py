"""Volumes: sizes, attaching, protection."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hcloud.locations import Location

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def _volume(hetzner: HetznerDouble, **fields: object) -> dict[str, Any]:
    body = {"name": "data", "size": 10, "location": "fsn1", "format": "ext4"} | fields
    answer = hetzner.post("/volumes", {key: one for key, one in body.items() if one is not None})
    assert answer.status_code == 201, answer.text
    hetzner.settle()
    return dict(hetzner.get(f"/volumes/{answer.json()['volume']['id']}")["volume"])


def _act(hetzner: HetznerDouble, volume: dict[str, Any], action: str, **body: object) -> Any:  # noqa: ANN401
    return hetzner.post(f"/volumes/{volume['id']}/actions/{action}", body)


def test_official_client_attaches_resizes_and_deletes(hetzner: HetznerDouble) -> None:
    """The life of a volume, as the vendor's client leads it."""
    hetzner.server()
    made = hetzner.client.volumes.create(10, "data", location=Location(name="fsn1"), format="xfs")
    made.action.wait_until_finished()
    volume = made.volume
    assert volume.linux_device == f"/dev/disk/by-id/scsi-0HC_Volume_{volume.id}"
    volume.attach(hetzner.bound()).wait_until_finished()
    assert hetzner.get(f"/servers/{hetzner.bound().id}")["server"]["volumes"] == [volume.id]
    volume.resize(20).wait_until_finished()
    volume.detach().wait_until_finished()
    volume.reload()
    assert (volume.size, volume.server, volume.format) == (20, None, "xfs")
    assert volume.delete() is True
    assert hetzner.client.volumes.get_all() == []


def test_new_volume_for_a_server_is_attached(hetzner: HetznerDouble) -> None:
    """The server says where it goes; a second action attaches it."""
    server = hetzner.server(location="nbg1")
    volume = _volume(hetzner, location=None, server=server["id"])
    assert (volume["server"], volume["location"]["name"]) == (server["id"], "nbg1")


def test_new_server_takes_volumes(hetzner: HetznerDouble) -> None:
    """`volumes` of a create request; they stay when the server goes."""
    volume = _volume(hetzner)
    server = hetzner.server(volumes=[volume["id"]])
    assert server["volumes"] == [volume["id"]]
    hetzner.bound().delete()
    hetzner.settle()
    assert hetzner.get(f"/volumes/{volume['id']}")["volume"]["server"] is None


def test_attached_once_and_in_its_location(hetzner: HetznerDouble) -> None:
    """One server at a time, and never one elsewhere."""
    volume = _volume(hetzner)
    near, far = hetzner.server("near"), hetzner.server("far", location="hel1")
    away = _act(hetzner, volume, "attach", server=far["id"])
    assert hetzner.error(away) == (422, "invalid_input")
    assert _act(hetzner, volume, "attach", server=near["id"]).status_code == 201
    twice = _act(hetzner, volume, "attach", server=near["id"])
    assert hetzner.error(twice) == (422, "resource_in_use")
    held = hetzner.http.delete(f"/volumes/{volume['id']}")
    assert hetzner.error(held) == (422, "resource_in_use")
    assert _act(hetzner, volume, "detach").status_code == 201
    assert hetzner.error(_act(hetzner, volume, "detach")) == (422, "invalid_input")


def test_locked_server_takes_no_volume(hetzner: HetznerDouble) -> None:
    """While another action of the server runs, attaching is refused."""
    volume, server = _volume(hetzner), hetzner.server()
    hetzner.machines.blocked.clear()
    hetzner.post(f"/servers/{server['id']}/actions/reset")
    refused = _act(hetzner, volume, "attach", server=server["id"])
    assert hetzner.error(refused) == (423, "locked")


def test_volume_only_grows(hetzner: HetznerDouble) -> None:
    """The same size, a smaller and a too large one are refused."""
    volume = _volume(hetzner, size=20)
    for size in (20, 10, 10241):
        refused = _act(hetzner, volume, "resize", size=size)
        assert hetzner.error(refused) == (422, "invalid_input")
    assert _act(hetzner, volume, "resize", size=21).status_code == 201


def test_protected_volume_stays(hetzner: HetznerDouble) -> None:
    """Deletion is refused while protected."""
    volume = _volume(hetzner)
    assert _act(hetzner, volume, "change_protection", delete=True).status_code == 201
    path = f"/volumes/{volume['id']}"
    assert hetzner.error(hetzner.http.delete(path)) == (423, "protected")
    assert _act(hetzner, volume, "change_protection", delete=False).status_code == 201
    assert hetzner.http.delete(path).status_code == 204
    assert hetzner.error(hetzner.http.get(path)) == (404, "not_found")


@pytest.mark.parametrize(
    "fields",
    [{"size": 9}, {"size": 10241}, {"location": None}, {"format": "ntfs"}, {"server": 4}],
)
def test_impossible_volumes(hetzner: HetznerDouble, fields: dict[str, Any]) -> None:
    """Sizes, formats and places that are not to be had."""
    body = {"name": "data", "size": 10, "location": "fsn1"} | fields
    assert hetzner.error(hetzner.post("/volumes", body)) == (422, "invalid_input")
    assert hetzner.get("/volumes")["volumes"] == []


def test_names_and_labels(hetzner: HetznerDouble) -> None:
    """Names are unique; lists filter by name, label and status."""
    volume = _volume(hetzner)
    body = {"name": "data", "size": 10, "location": "fsn1"}
    assert hetzner.error(hetzner.post("/volumes", body)) == (409, "uniqueness_error")
    changed = {"name": "logs", "labels": {"a": "b"}}
    assert hetzner.http.put(f"/volumes/{volume['id']}", json=changed).status_code == 200
    assert len(hetzner.get("/volumes?label_selector=a=b&name=logs")["volumes"]) == 1
    assert hetzner.get("/volumes?status=creating")["volumes"] == []

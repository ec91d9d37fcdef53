"""Images: the vendor's, snapshots and backups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hcloud import APIException
from hcloud.actions import ActionFailedException

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def test_lookup_by_name_is_per_architecture(hetzner: HetznerDouble) -> None:
    """One name, two images; the well-known ids are the vendor's."""
    images = hetzner.client.images
    x86 = images.get_by_name_and_architecture("debian-12", "x86")
    arm = images.get_by_name_and_architecture("debian-12", "arm")
    assert x86 is not None
    assert arm is not None
    assert (x86.id, arm.architecture) == (114690387, "arm")
    query = "/images?name=debian-12&architecture=x86&include_deprecated=true"
    assert len(hetzner.get(query)["images"]) == 1


def test_snapshot_can_become_a_server(hetzner: HetznerDouble) -> None:
    """A server made of a snapshot gets its disk, and a type with less disk is refused."""
    hetzner.server(server_type="cx43")
    hetzner.bound().create_image(description="before").action.wait_until_finished()
    (image,) = hetzner.client.images.get_all(type=["snapshot"])
    assert (image.image_size, image.disk_size, image.name) == (1.5, 160, None)
    hetzner.server("copy", server_type="cx43", image=image.id)
    assert hetzner.machines.named("create")[-1].image == f"image:{image.id}"
    body = {"name": "small", "server_type": "cx33", "image": image.id, "location": "fsn1"}
    assert hetzner.error(hetzner.post("/servers", body)) == (422, "invalid_input")


def test_backups_have_seven_slots_and_go_when_switched_off(hetzner: HetznerDouble) -> None:
    """The eighth backup pushes out the oldest; switching off deletes all at once."""
    hetzner.server()
    server = hetzner.bound()
    with pytest.raises(APIException, match="not enabled"):
        server.create_image(type="backup")
    server.enable_backup().wait_until_finished()
    server.reload()
    assert server.backup_window == "22-02"
    made = [server.create_image(type="backup") for _ in range(8)]
    for answer in made:
        answer.action.wait_until_finished()
    backups = hetzner.client.images.get_all(type=["backup"], bound_to=[str(server.id)])
    assert [one.id for one in backups] == [answer.image.id for answer in made[1:]]
    server.disable_backup().wait_until_finished()
    assert hetzner.client.images.get_all(type=["backup"]) == []
    assert len(hetzner.machines.named("drop_image")) == 8


def test_backup_turned_into_a_snapshot_survives(hetzner: HetznerDouble) -> None:
    """After the change it is bound to nothing."""
    hetzner.server()
    server = hetzner.bound()
    server.enable_backup().wait_until_finished()
    answer = server.create_image(type="backup", labels={"keep": "yes"})
    answer.action.wait_until_finished()
    changed = answer.image.update(type="snapshot", description="kept")
    assert (changed.type, changed.bound_to, changed.description) == ("snapshot", None, "kept")
    server.disable_backup().wait_until_finished()
    assert [image.id for image in hetzner.client.images.get_all(type=["snapshot"])] == [changed.id]


def test_protected_snapshot_stays(hetzner: HetznerDouble) -> None:
    """Protection is 423 until lifted; system images can neither be changed nor deleted."""
    hetzner.server()
    answer = hetzner.bound().create_image()
    answer.action.wait_until_finished()
    image = answer.image
    image.change_protection(delete=True).wait_until_finished()
    with pytest.raises(APIException) as refused:
        image.delete()
    assert refused.value.code == "protected"
    image.change_protection(delete=False).wait_until_finished()
    assert image.delete()
    assert hetzner.machines.named("drop_image") == [image.id]
    assert hetzner.error(hetzner.http.delete("/images/114690387")) == (404, "not_found")


def test_failed_capture_leaves_no_image(hetzner: HetznerDouble) -> None:
    """An image that could not be taken is gone, and the action says why."""
    hetzner.server()
    hetzner.machines.broken["capture"] = "disk is full"
    with pytest.raises(ActionFailedException, match="disk is full"):
        hetzner.bound().create_image().action.wait_until_finished()
    assert hetzner.client.images.get_all(type=["snapshot"]) == []

"""Storage Boxes: their life, where they are, passwords, access, trouble."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hcloud.locations import Location
from hcloud.storage_box_types import StorageBoxType
from hcloud.storage_boxes import StorageBoxAccessSettings, StorageBoxSnapshotPlan

from tests.contract.hetzner_double import PUBLIC_KEY

if TYPE_CHECKING:
    from hcloud.storage_boxes import BoundStorageBox

    from tests.contract.hetzner_double import HetznerDouble

PASSWORD = "Quite-a-secret-1"
BX11, FSN1 = StorageBoxType(name="bx11"), Location(name="fsn1")


def _box(hetzner: HetznerDouble, name: str = "dumps") -> BoundStorageBox:
    access = StorageBoxAccessSettings(ssh_enabled=True, reachable_externally=True)
    made = hetzner.client.storage_boxes.create(
        name=name,
        password=PASSWORD,
        location=FSN1,
        storage_box_type=BX11,
        ssh_keys=[PUBLIC_KEY],
        access_settings=access,
        labels={"app": "nutri"},
    )
    made.action.wait_until_finished()
    return made.storage_box


def _body(**fields: object) -> dict[str, Any]:
    return {
        "name": "dumps",
        "storage_box_type": "bx11",
        "location": "fsn1",
        "password": PASSWORD,
    } | fields


def _last(hetzner: HetznerDouble) -> Any:  # noqa: ANN401
    return hetzner.machines.named("apply_storage_box")[-1]


def test_official_client_leads_its_life(hetzner: HetznerDouble) -> None:
    """Made, renamed, protected, found by name, deleted only without protection."""
    box = _box(hetzner)
    box.reload()
    assert box.status == "active"
    assert box.location is not None
    assert box.location.name == "fsn1"
    assert box.server is not None
    assert box.server.startswith(f"{box.username}.")
    box.update(name="kept", labels={"app": "other"})
    box.change_protection(delete=True).wait_until_finished()
    found = hetzner.client.storage_boxes.get_by_name("kept")
    assert found is not None
    assert found.protection == {"delete": True}
    assert hetzner.error(hetzner.http.delete(f"/storage_boxes/{box.id}")) == (423, "protected")
    box.change_protection(delete=False).wait_until_finished()
    box.delete().action.wait_until_finished()
    assert hetzner.client.storage_boxes.get_all() == []
    assert hetzner.machines.named("delete_storage_box") == [box.id]


def test_its_host_gets_what_it_needs(hetzner: HetznerDouble) -> None:
    """User, password, keys, and whether it may be reached at all."""
    box = _box(hetzner)
    spec = _last(hetzner)
    assert (spec.username, spec.password, spec.ssh_keys) == (box.username, PASSWORD, (PUBLIC_KEY,))
    assert spec.reachable
    closed = StorageBoxAccessSettings(ssh_enabled=False)
    box.update_access_settings(closed).wait_until_finished()
    assert not _last(hetzner).reachable
    box.reset_password(password="Another-secret-22").wait_until_finished()
    assert _last(hetzner).password == "Another-secret-22"


def test_type_plan_and_size(hetzner: HetznerDouble) -> None:
    """A box may grow, shrinks only as far as its data lets it, and has a snapshot plan."""
    box = _box(hetzner)
    box.change_type(StorageBoxType(name="bx21")).wait_until_finished()
    box.enable_snapshot_plan(StorageBoxSnapshotPlan(7, 3, 15)).wait_until_finished()
    hetzner.machines.used[box.id or 0] = 2 * 1024**4
    box.reload()
    shown = hetzner.get(f"/storage_boxes/{box.id}")["storage_box"]
    assert shown["storage_box_type"]["name"] == "bx21"
    assert shown["snapshot_plan"]["max_snapshots"] == 7
    assert shown["stats"]["size_data"] == 2 * 1024**4
    answer = hetzner.post(
        f"/storage_boxes/{box.id}/actions/change_type", {"storage_box_type": "bx11"}
    )
    assert hetzner.error(answer) == (422, "invalid_input")
    box.disable_snapshot_plan().wait_until_finished()
    box.reload()
    assert box.snapshot_plan is None


@pytest.mark.parametrize("place", ["nbg1", "ash", "hil", "sin"])
def test_only_in_falkenstein_and_helsinki(hetzner: HetznerDouble, place: str) -> None:
    """The other locations have none."""
    answer = hetzner.post("/storage_boxes", _body(location=place))
    assert hetzner.error(answer) == (422, "invalid_input")
    assert "fsn1, hel1" in answer.text


@pytest.mark.parametrize(
    "password", ["Short-1", "no-upper-case-1", "NoDigitsAtAll-", "NoSpecial12345"]
)
def test_weak_passwords_are_refused(hetzner: HetznerDouble, password: str) -> None:
    """Length, both cases, digits and special characters."""
    answer = hetzner.post("/storage_boxes", _body(password=password))
    assert hetzner.error(answer) == (422, "invalid_input")


def test_names_are_unique(hetzner: HetznerDouble) -> None:
    """Two boxes never have one name."""
    _box(hetzner)
    assert hetzner.error(hetzner.post("/storage_boxes", _body())) == (409, "uniqueness_error")


def test_types_have_prices_where_they_are_sold(hetzner: HetznerDouble) -> None:
    """Four sizes, by id and by name."""
    kinds = hetzner.client.storage_box_types.get_all()
    assert [kind.name for kind in kinds] == ["bx11", "bx21", "bx31", "bx41"]
    one = hetzner.client.storage_box_types.get_by_id(kinds[0].id or 0)
    assert [price["location"] for price in one.prices or []] == ["fsn1", "hel1"]
    assert hetzner.http.get("/storage_box_types/1").status_code == 404


@pytest.mark.parametrize("trouble", ["refused", "login", "full", "dropped", "none"])
def test_trouble_reaches_every_host(hetzner: HetznerDouble, trouble: str) -> None:
    """The knob turns boxes that are there, not only new ones."""
    _box(hetzner)
    hetzner.turn("PATCH", "/knobs", {"storage_boxes": trouble})
    assert _last(hetzner).trouble == trouble


def test_a_host_that_fails_fails_the_action(hetzner: HetznerDouble) -> None:
    """What went wrong is in the action, where clients look."""
    hetzner.machines.broken["apply_storage_box"] = "no disk left"
    answer = hetzner.post("/storage_boxes", _body()).json()
    assert answer["action"]["error"]["message"] == "no disk left"


def test_a_size_that_is_not_told_is_the_last_one(hetzner: HetznerDouble) -> None:
    """The host of a box is busy, or away: no reason for an error of the API, nor for emptiness."""
    box = _box(hetzner)
    assert box.id is not None
    hetzner.machines.used[box.id] = 4096
    path = f"/storage_boxes/{box.id}"
    assert hetzner.get(path)["storage_box"]["stats"]["size"] == 4096
    hetzner.machines.broken["storage_box_used"] = "the Docker engine failed"
    hetzner.machines.used[box.id] = 8192
    assert hetzner.get(path)["storage_box"]["stats"]["size"] == 4096
    del hetzner.machines.broken["storage_box_used"]
    assert hetzner.get(path)["storage_box"]["stats"]["size"] == 8192

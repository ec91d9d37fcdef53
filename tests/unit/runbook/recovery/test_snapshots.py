"""Snapshots, and a disk put back from one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.hetzner import HetznerError
from common.errors import OperatorError
from runbook import confirm, disk_restore, snapshots

if TYPE_CHECKING:
    from tests.unit.runbook.recovery.conftest import Project


def test_a_snapshot_is_waited_for(project: Project) -> None:
    """And found again by the stack's name after its server is gone."""
    image = snapshots.create(project.api, project.target, project.server, "before-resize")
    assert image.is_usable
    assert image.description == "before-resize"
    assert [one.id for one in snapshots.of(project.api, project.target)] == [image.id]
    (line,) = snapshots.lines([image], project.api.now)
    assert line.startswith(f"{image.id}  snapshot")
    assert line.endswith("before-resize")


def test_a_snapshot_that_fails_says_why(project: Project) -> None:
    """With the API's own words, and nothing stays of it."""
    project.double.turn(
        "POST", "/action_faults", {"command": "create_image", "message": "disk on fire"}
    )
    with pytest.raises(HetznerError, match="create_image failed: disk on fire"):
        snapshots.create(project.api, project.target, project.server, None)
    project.double.settle()
    assert snapshots.of(project.api, project.target) == []


def test_a_locked_server_is_waited_for(project: Project) -> None:
    """Another action may still run."""
    fault = {"path": "create_image", "status": 423, "code": "locked", "times": 2}
    project.double.turn("POST", "/faults", fault)
    assert snapshots.create(project.api, project.target, project.server, None).is_usable


def test_images_of_others_are_left_out(project: Project) -> None:
    """Another stack's server in the same project has images of its own."""
    other = project.double.server("nutri-staging")
    project.double.post(f"/servers/{other['id']}/actions/create_image", {"type": "snapshot"})
    project.double.settle()
    assert snapshots.of(project.api, project.target) == []


def test_a_restore_takes_the_newest_backup(project: Project) -> None:
    """And puts the protection back."""
    project.take_backup()
    newest = project.take_backup()
    image = disk_restore.choose(
        snapshots.of(project.api, project.target), project.server, wanted=None
    )
    assert image.id == newest
    disk_restore.rebuild(project.api, project.server, image)
    assert project.double.machines.named("rebuild")[0].image == f"image:{newest}"
    assert project.is_protected()


def test_protection_is_back_after_a_rebuild_that_fails(project: Project) -> None:
    """Whatever happens in between."""
    number = project.take_backup()
    image = disk_restore.choose(snapshots.of(project.api, project.target), project.server, number)
    project.double.machines.broken["rebuild"] = "no room"
    with pytest.raises(HetznerError, match="rebuild_server failed: no room"):
        disk_restore.rebuild(project.api, project.server, image)
    assert project.is_protected()


def test_what_cannot_be_restored_is_refused(project: Project) -> None:
    """No backup at all, or an id that is none."""
    images = snapshots.of(project.api, project.target)
    with pytest.raises(OperatorError, match="nutri-prod has no backup"):
        disk_restore.choose(images, project.server, None)
    with pytest.raises(OperatorError, match="no backup or snapshot has the id 7"):
        disk_restore.choose(images, project.server, 7)


@pytest.mark.parametrize(
    ("first", "again", "says"),
    [
        (None, None, "name the server twice: nutri-prod --lose nutri-prod"),
        ("nutri-prod", None, "name the server twice"),
        ("nutri-prod", "nutri-staging", "'nutri-staging' is not the server"),
    ],
)
def test_a_loss_wants_the_name_twice(first: str | None, again: str | None, says: str) -> None:
    """Not once, and not another's."""
    with pytest.raises(OperatorError, match=says):
        confirm.twice("server", "nutri-prod", first, again, "the disk is lost")
    confirm.twice("server", "nutri-prod", "nutri-prod", "nutri-prod", "the disk is lost")

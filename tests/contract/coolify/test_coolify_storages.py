"""Persistent volumes of applications: named by the application, there from the next deployment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from common.waiting import wait_until

if TYPE_CHECKING:
    from tests.contract.coolify_double import CoolifyDouble

_CACHE = {"type": "persistent", "name": "cache", "mount_path": "/cache"}


def _volumes(coolify: CoolifyDouble, app: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = coolify.ok("GET", f"/applications/{app}/storages")[
        "persistent_storages"
    ]
    return listed


def test_a_volume_is_named_by_its_application(coolify: CoolifyDouble) -> None:
    """So two applications never share one; what it is called comes after the uuid."""
    app = coolify.application()
    assert coolify.call("POST", f"/applications/{app}/storages", _CACHE).status_code == 201
    (one,) = _volumes(coolify, app)
    assert (one["name"], one["mount_path"], one["host_path"]) == (f"{app}-cache", "/cache", None)


def test_it_moves_and_goes_by_its_uuid(coolify: CoolifyDouble) -> None:
    """PATCH takes another folder, DELETE forgets it."""
    app = coolify.application()
    path = f"/applications/{app}/storages"
    coolify.ok("POST", path, _CACHE)
    (one,) = _volumes(coolify, app)
    moved = {"type": "persistent", "uuid": one["uuid"], "mount_path": "/moved"}
    assert coolify.ok("PATCH", path, moved)["mount_path"] == "/moved"
    coolify.ok("DELETE", f"{path}/{one['uuid']}")
    assert _volumes(coolify, app) == []
    assert coolify.refused("DELETE", f"{path}/{one['uuid']}")[0] == 404


def test_what_is_no_volume_is_refused(coolify: CoolifyDouble) -> None:
    """A name is needed, the folder is absolute, and an unknown field fails the whole request."""
    app = coolify.application()
    path = f"/applications/{app}/storages"
    for wrong in ({"name": None}, {"mount_path": "cache"}, {"size": 5}, {"type": "tape"}):
        assert coolify.refused("POST", path, {**_CACHE, **wrong})[0] == 422, wrong


def test_the_container_has_it(coolify: CoolifyDouble) -> None:
    """Mounted by Docker, also in the compose file; deleted with its application unless kept."""
    app = coolify.application()
    coolify.ok("POST", f"/applications/{app}/storages", _CACHE)
    coolify.deploy(app)
    (run,) = coolify.docker.ran("docker run --detach")
    assert f"--volume {app}-cache:/cache" in run
    coolify.ok("DELETE", f"/applications/{app}?delete_volumes=false&docker_cleanup=false")
    wait_until(
        "the application to go",
        lambda: coolify.call("GET", f"/applications/{app}").status_code == 404,
        bound=20,
        interval=0.1,
    )
    assert not coolify.docker.ran("docker volume rm")

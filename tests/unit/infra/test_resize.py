"""What a resize asks of Hetzner's API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
import respx

from common.waiting import WaitTimeoutError, without_pauses
from infra.servers.resize import Resizes

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE = {"Date": "Sun, 29 Nov 2026 02:30:00 GMT"}
_ACTION = {"action": {"id": 1, "command": "x", "status": "success", "progress": 100}}
_LAST_PAGE = {"pagination": {"next_page": None}}


class _Hetzner:
    """One server, its images, and what was done to it."""

    def __init__(self, api: respx.Router) -> None:
        self.statuses = ["running"]
        self.images: list[dict[str, Any]] = []
        self.done: list[str] = []
        api.get("/servers/42").mock(side_effect=self._server)
        api.get("/images").mock(side_effect=self._images)
        api.post(path__regex=r"/servers/42/actions/\w+").mock(side_effect=self._act)

    def _server(self, _: httpx.Request) -> httpx.Response:
        status = self.statuses.pop(0) if len(self.statuses) > 1 else self.statuses[0]
        server = {
            "id": 42,
            "name": "nutri-prod",
            "status": status,
            "locked": False,
            "created": "2026-01-01T00:00:00Z",
            "protection": {"delete": True, "rebuild": True},
            "backup_window": "22-02",
            "image": None,
            "primary_disk_size": 80,
        }
        return httpx.Response(200, json={"server": server}, headers=_DATE)

    def _images(self, _: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"images": self.images, "meta": _LAST_PAGE}, headers=_DATE)

    def _act(self, request: httpx.Request) -> httpx.Response:
        self.done.append(request.url.path.rsplit("/", 1)[1])
        return httpx.Response(201, json=_ACTION, headers=_DATE)


@pytest.fixture
def hetzner() -> Iterator[_Hetzner]:
    """The API, at half past two of a Sunday."""
    with respx.mock(base_url="http://hetzner.test/v1", assert_all_called=False) as api:
        yield _Hetzner(api)


RESIZES = Resizes("http://hetzner.test/v1", "t" * 64, 24)


def _image(created: str, **changes: Any) -> dict[str, Any]:  # noqa: ANN401
    usual = {
        "id": 7,
        "type": "backup",
        "status": "available",
        "description": "",
        "created": f"2026-11-{created}:00:00Z",
        "created_from": {"id": 42, "name": "nutri-prod"},
        "bound_to": 42,
        "image_size": 3.5,
        "disk_size": 80,
    }
    return usual | changes


@pytest.mark.parametrize(
    "image",
    [
        _image("28T22"),
        _image("28T03"),
        _image("28T22", type="snapshot", bound_to=None),
    ],
)
def test_a_fresh_backup_or_snapshot_will_do(hetzner: _Hetzner, image: dict[str, Any]) -> None:
    """By the API's own clock."""
    hetzner.images = [_image("20T22"), image]
    assert RESIZES.backup_problem(42) is None


@pytest.mark.parametrize(
    ("image", "told"),
    [
        (_image("28T02"), "the newest is 1 d 30 min old"),
        (_image("28T22", status="creating"), "none at all"),
        (_image("28T22", created_from={"id": 43}, bound_to=None), "none at all"),
        (_image("28T22", disk_size=160), "none at all"),
    ],
)
def test_what_is_old_or_cannot_be_restored_will_not(
    hetzner: _Hetzner, image: dict[str, Any], told: str
) -> None:
    """Too old, not ready, another server's, or too large for the disk to take it back."""
    hetzner.images = [image]
    said = RESIZES.backup_problem(42)
    assert said is not None
    assert "nutri-prod has no backup or snapshot of the last 24 h" in said
    assert told in said
    assert "`runbook snapshot create`" in said


def test_a_server_shuts_down_before_its_power_goes(hetzner: _Hetzner) -> None:
    """The API's action means that it was asked, not that it is off."""
    hetzner.statuses = ["running", "running", "off"]
    with without_pauses():
        assert RESIZES.shut_down(42)
    assert hetzner.done == ["shutdown"]


def test_a_server_that_is_off_is_left_alone(hetzner: _Hetzner) -> None:
    """Nothing to shut down, and one press to start it."""
    hetzner.statuses = ["off"]
    assert not RESIZES.shut_down(42)
    RESIZES.start(42)
    assert hetzner.done == ["poweron"]


def test_a_server_that_does_not_shut_down_is_told(hetzner: _Hetzner) -> None:
    """Its power is not cut behind its back."""
    with without_pauses(), pytest.raises(WaitTimeoutError, match="nothing was changed"):
        RESIZES.shut_down(42)
    assert hetzner.done == ["shutdown"]


def test_a_server_that_runs_is_not_started(hetzner: _Hetzner) -> None:
    """After a failure that left it on."""
    RESIZES.start(42)
    assert hetzner.done == []

"""Daily backups by the cloud's clock, and servers that hang."""

from __future__ import annotations

from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_DAY = 24 * 3600


@pytest.fixture
def server(hetzner: HetznerDouble) -> int:
    """A server with backups on."""
    number = int(hetzner.server()["id"])
    hetzner.post(f"/servers/{number}/actions/enable_backup")
    hetzner.settle()
    return number


def _backups(hetzner: HetznerDouble) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = hetzner.get("/images?type=backup&sort=id")["images"]
    return found


def _on_day(hetzner: HetznerDouble, day: int) -> None:
    hetzner.turn("PATCH", "/knobs", {"clock_offset": day * _DAY + 60})


def test_a_backup_is_taken_each_day_and_seven_are_kept(hetzner: HetznerDouble, server: int) -> None:
    """The oldest goes when the eighth comes."""
    seen: list[int] = []
    for day in range(1, 10):
        _on_day(hetzner, day)
        hetzner.until(lambda: [b["id"] for b in _backups(hetzner)][-1:] != seen[-1:])
        hetzner.settle()
        seen.append(_backups(hetzner)[-1]["id"])
    kept = _backups(hetzner)
    assert [one["id"] for one in kept] == seen[-7:]
    assert {one["bound_to"] for one in kept} == {server}
    assert all(one["status"] == "available" for one in kept)


def test_no_backup_before_a_day_is_over_or_when_they_are_off(
    hetzner: HetznerDouble, server: int
) -> None:
    """Nothing comes in the middle of something else."""
    backups = hetzner.cloud.backups
    assert not backups.is_due(hetzner.cloud.servers.get(server))
    hetzner.post(f"/servers/{server}/actions/disable_backup")
    _on_day(hetzner, 2)
    assert not backups.is_due(hetzner.cloud.servers.get(server))


def test_a_backup_that_fails_leaves_nothing_and_is_tried_again(
    hetzner: HetznerDouble, server: int
) -> None:
    """An hour later."""
    hetzner.turn("POST", "/action_faults", {"command": "create_image"})
    _on_day(hetzner, 1)
    actions = f"/servers/{server}/actions?status=error"
    hetzner.until(lambda: hetzner.get(actions)["actions"] != [])
    hetzner.settle()
    assert _backups(hetzner) == []
    hetzner.turn("PATCH", "/knobs", {"clock_offset": _DAY + 2 * 3600})
    hetzner.until(lambda: len(_backups(hetzner)) == 1)


def test_answers_carry_the_clouds_own_time(hetzner: HetznerDouble) -> None:
    """Whoever wants an age has to ask the clock that dated the thing."""
    before = parsedate_to_datetime(hetzner.http.get("/servers").headers["Date"])
    _on_day(hetzner, 3)
    after = parsedate_to_datetime(hetzner.http.get("/servers").headers["Date"])
    assert 3 * _DAY <= (after - before).total_seconds() < 3 * _DAY + 120


def test_a_server_hangs_by_a_knob(hetzner: HetznerDouble, server: int) -> None:
    """By its name or its id; the API goes on to say that it runs."""
    hetzner.turn("POST", "/servers/web/freeze")
    hetzner.turn("POST", f"/servers/{server}/freeze")
    assert hetzner.machines.named("freeze") == [server, server]
    assert hetzner.get(f"/servers/{server}")["server"]["status"] == "running"


def test_a_server_gets_a_disk_of_its_own_size_by_a_knob(
    hetzner: HetznerDouble, server: int
) -> None:
    """Until then it has no limit."""
    hetzner.turn("POST", "/servers/web/disk", {"mebibytes": 4096})
    assert hetzner.machines.named("limit_disk") == [(server, 4096)]

"""The guard in a bare `pulumi up`: what it refuses, and that nothing is touched then.

The updates run without a preview, so that it is the update itself that refuses.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.guard.conftest import Lab, keep, resource, server

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = [pytest.mark.engine, pytest.mark.timeout(300)]


_ADDRESS = "127.10.0.1"  # the first one the double gives away


def _resources(**changes: object) -> list[dict[str, Any]]:
    """A server with an address of its own, and what hangs on it: a reverse name, a firewall."""
    given = [{"ipv4_enabled": True, "ipv4": {"id of": "address"}, "ipv6_enabled": True}]
    address = {"name": "address", "type": "ipv4", "location": "fsn1", "auto_delete": False}
    return [
        resource("PrimaryIp", "address", **address),
        server("web", public_nets=given, **changes),
        # Another server means another reverse name: it goes first where the server goes first.
        resource(
            "Rdns", "name", server_id={"id of": "web"}, ip_address=_ADDRESS, dns_ptr="a.example.org"
        ),
        resource("Firewall", "wall", name="wall", apply_tos=[{"server": {"id of": "web"}}]),
    ]


@pytest.fixture(scope="module")
def lab(make_lab: Callable[[], Lab]) -> Lab:
    """A stack with a server, unprotected, so that only the guard is in the way."""
    made = make_lab()
    assert made.up(_resources()) == 0, made.said
    return made


@pytest.fixture(autouse=True)
def _clean(lab: Lab) -> None:
    lab.acknowledge, lab.protect, lab.in_window = [], False, False
    lab.writes()


def _server(lab: Lab) -> dict[str, Any]:
    (found,) = [one for one in lab.double.get("/servers")["servers"] if one["name"] == "web"]
    return dict(found)


@pytest.mark.parametrize(
    ("change", "entry", "loses"),
    [
        ({"image": "docker-ce"}, "web:delete", "it would be replaced: its disk"),
        ({"backups": False}, "web:backups", "ALL existing backups go at once"),
        ({"server_type": "cx43", "keep_disk": False}, "web:keepDisk", "the disk grows for good"),
    ],
)
def test_a_loss_is_refused_and_nothing_touched(
    lab: Lab, change: dict[str, Any], entry: str, loses: str
) -> None:
    """The error names resource, loss and remedy, and the API saw no request that changes."""
    before = _server(lab)
    assert lab.up(_resources(**change)) != 0
    assert "refused, web was not touched" in lab.said
    assert loses in lab.said
    assert f"pulumi config set --path 'nutri:acknowledge[0]' {entry}" in lab.said
    assert lab.writes() == []
    assert _server(lab) == before


def test_a_preview_refuses_too(lab: Lab) -> None:
    """What cannot be applied is not offered: `pulumi up` ends at its preview."""
    assert lab.preview(_resources(image="docker-ce")) != 0
    assert "refused, web was not touched" in lab.said


def test_removing_a_server_from_the_program_is_refused(lab: Lab) -> None:
    """A resource that is no longer there is judged by the hook its state remembers."""
    assert lab.up(_resources()[:1]) != 0
    assert "it would be deleted: its disk" in lab.said
    assert "'nutri:acknowledge[0]' web:delete" in lab.said
    assert _server(lab)["status"] == "running"
    assert lab.up(_resources()) == 0, lab.said  # what may go is back


def test_an_acknowledgement_is_for_one_loss_of_one_resource(lab: Lab) -> None:
    """Agreeing to the loss of backups is no word about the server, nor about another one."""
    lab.acknowledge = ["web:backups", "address:delete"]
    assert lab.up(_resources(image="docker-ce")) != 0
    assert "'nutri:acknowledge[2]' web:delete" in lab.said
    assert lab.writes() == []


def test_a_power_cut_is_only_warned_of(lab: Lab) -> None:
    """It may happen, with the warning in the preview."""
    assert lab.preview(_resources(rescue="linux64")) == 0, lab.said
    assert "warning: web: rescue mode changes: the server is reset" in lab.said


@pytest.mark.parametrize("run", [Lab.preview, Lab.up])
def test_a_resize_wants_window_and_backup(
    lab: Lab, run: Callable[[Lab, list[dict[str, Any]]], int]
) -> None:
    """Both are refused in one message, in preview and update alike, and nothing is shut down."""
    assert run(lab, _resources(server_type="cx43")) != 0
    assert "It may happen" in lab.said
    assert "'nutri:acknowledge[0]' web:resize-to-cx43" in lab.said
    assert "web has no backup or snapshot of the last 24 h to go back to" in lab.said
    assert "`runbook snapshot create`" in lab.said
    assert lab.writes() == []


def test_an_acknowledgement_is_no_backup(lab: Lab) -> None:
    """Outside the window or within: without a backup there is no resize."""
    lab.acknowledge = ["web:resize-to-cx43"]
    assert lab.up(_resources(server_type="cx43")) != 0
    assert "It may happen" not in lab.said
    lab.acknowledge, lab.in_window = [], True
    assert lab.up(_resources(server_type="cx43")) != 0
    assert lab.writes() == []


def test_a_failed_resize_leaves_the_server_running(lab: Lab) -> None:
    """Sold out in the last moment: it was shut down, and is started as it was."""
    keep(lab, "web")
    lab.writes()
    lab.in_window = True
    lab.double.turn("PATCH", "/knobs", {"sold_out": {"cx43": ["fsn1"]}})
    assert lab.up(_resources(server_type="cx43")) != 0
    lab.double.turn("PATCH", "/knobs", {"sold_out": {}})
    assert "the server is started as it was" in lab.said
    assert [call.rsplit("/", 1)[1] for call in lab.writes()] == [
        "shutdown",
        "change_type",
        "poweron",
    ]
    assert (_server(lab)["status"], _server(lab)["server_type"]["name"]) == ("running", "cx33")


def test_a_resize_shuts_down_before(lab: Lab) -> None:
    """With its own type acknowledged, at any time; the provider has no power left to cut."""
    lab.acknowledge = ["web:resize-to-cx53"]
    assert lab.up(_resources(server_type="cx43")) != 0
    lab.acknowledge = ["web:resize-to-cx43"]
    assert lab.up(_resources(server_type="cx43")) == 0, lab.said
    assert [call.rsplit("/", 1)[1] for call in lab.writes()] == ["shutdown", "change_type"]
    assert "web:resize-to-cx43 is spent" in lab.said
    assert _server(lab)["status"] == "running"


def test_the_way_back_is_open(lab: Lab) -> None:
    """The disk did not grow."""
    lab.in_window = True
    assert lab.up(_resources()) == 0, lab.said
    assert _server(lab)["server_type"]["name"] == "cx33"


def test_a_stale_acknowledgement_is_warned_of(lab: Lab) -> None:
    """An entry that agrees to nothing is an open door."""
    lab.acknowledge = ["web:backups"]
    assert lab.preview(_resources()) == 0, lab.said
    assert "web:backups acknowledges nothing that changes" in lab.said


def test_protection_ends_with_the_setting_only(lab: Lab) -> None:
    """While `nutri:protect` is true an edit cannot lift it; false is acknowledgement enough."""
    shielded = _resources(delete_protection=True, rebuild_protection=True)
    assert lab.up(shielded) == 0, lab.said
    lab.protect = True
    assert lab.up(_resources()) != 0
    assert "'nutri:acknowledge[0]' web:protection" in lab.said
    assert _server(lab)["protection"] == {"delete": True, "rebuild": True}
    lab.protect = False
    assert lab.up(_resources()) == 0, lab.said
    assert "warning: web: deleteProtection and rebuildProtection off" in lab.said
    assert _server(lab)["protection"] == {"delete": False, "rebuild": False}


def test_an_acknowledged_loss_happens(lab: Lab) -> None:
    """Backups go when that was agreed to, and the spent acknowledgement is pointed out."""
    lab.acknowledge = ["web:backups"]
    assert lab.up(_resources(backups=False)) == 0, lab.said
    assert _server(lab)["backup_window"] is None
    assert "web:backups is spent; take it out of nutri:acknowledge" in lab.said


def test_an_acknowledged_replacement_happens(lab: Lab) -> None:
    """The old server goes first, since name and address are free only then."""
    before = _server(lab)["id"]
    lab.acknowledge = ["web:delete"]
    assert lab.up(_resources(image="docker-ce", backups=False)) == 0, lab.said
    assert _server(lab)["id"] != before
    writes = lab.writes()
    assert writes.index(f"DELETE /servers/{before}") < writes.index("POST /servers")


def test_an_acknowledged_address_makes_room_for_its_successor(lab: Lab) -> None:
    """It goes first, for the provider would find its name taken."""
    now = _resources(image="docker-ce", backups=False)
    spare = {"name": "spare", "type": "ipv4", "auto_delete": False}
    assert lab.up([*now, resource("PrimaryIp", "spare", location="fsn1", **spare)]) == 0, lab.said
    moved = [*now, resource("PrimaryIp", "spare", location="nbg1", **spare)]
    assert lab.up(moved) != 0
    assert "'nutri:acknowledge[0]' spare:delete" in lab.said
    lab.acknowledge = ["spare:delete"]
    assert lab.up(moved) == 0, lab.said
    (made,) = lab.double.get("/primary_ips?name=spare")["primary_ips"]
    assert made["location"]["name"] == "nbg1"
    assert lab.up(now) == 0, lab.said


def test_destroying_everything_wants_one_word(lab: Lab) -> None:
    """A plain `pulumi destroy` is refused, until all deletions were agreed to."""
    now = _resources(image="docker-ce", backups=False)
    assert lab.pulumi("destroy", "--yes", "--skip-preview") != 0
    assert "guard:delete" in lab.said
    assert lab.writes() == []
    lab.acknowledge = ["*:delete"]
    assert lab.up(now) == 0, lab.said
    assert lab.pulumi("destroy", "--yes", "--skip-preview") == 0, lab.said
    assert lab.double.get("/servers")["servers"] == []

"""The life of a server, driven by the vendor's own client."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hcloud import APIException
from hcloud.actions import ActionFailedException
from hcloud.images import Image
from hcloud.locations import Location
from hcloud.server_types import ServerType
from hcloud.servers import ServerCreatePublicNetwork

from tests.contract.hetzner_double import PUBLIC_KEY

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_TYPE, _IMAGE, _PLACE = ServerType(name="cx33"), Image(name="debian-12"), Location(name="fsn1")


def test_create_gives_a_running_server_with_addresses(hetzner: HetznerDouble) -> None:
    """A new server runs, has both addresses, and its machine was built as asked."""
    key = hetzner.client.ssh_keys.create("k", PUBLIC_KEY)
    answer = hetzner.client.servers.create(
        "web", _TYPE, _IMAGE, location=_PLACE, ssh_keys=[key], user_data="#cloud-config\n"
    )
    answer.action.wait_until_finished()
    for action in answer.next_actions:
        action.wait_until_finished()
    assert [action.command for action in answer.next_actions] == ["start_server"]
    assert answer.root_password is None
    (server,) = hetzner.get("/servers?status=running")["servers"]
    assert server["public_net"]["ipv4"]["dns_ptr"].endswith(".clients.your-server.de")
    assert server["public_net"]["ipv6"]["ip"].endswith("::/64")
    spec = hetzner.machines.named("create")[0]
    assert (spec.cores, spec.memory_gb, spec.disk_gb) == (4, 8, 80)
    assert (spec.image, spec.ssh_keys) == ("system:debian-12", (PUBLIC_KEY,))
    assert (spec.ipv4, spec.user_data) == (hetzner.ipv4(), "#cloud-config\n")


def test_first_answer_shows_an_initializing_locked_server(hetzner: HetznerDouble) -> None:
    """While the machine is being built the server is locked and a second action is 423."""
    hetzner.machines.blocked.clear()
    answer = hetzner.client.servers.create("web", _TYPE, _IMAGE, location=_PLACE)
    assert (answer.server.status, answer.server.locked) == ("initializing", True)
    assert (answer.action.status, answer.action.progress) == ("running", 0)
    assert answer.root_password
    refused = hetzner.post(f"/servers/{answer.server.id}/actions/poweroff")
    assert hetzner.error(refused) == (423, "locked")
    hetzner.machines.blocked.set()
    answer.next_actions[0].wait_until_finished()
    assert not hetzner.bound().locked


def test_server_that_is_not_to_start_stays_off(hetzner: HetznerDouble) -> None:
    """`start_after_create: false` leaves it off, without a second action."""
    answer = hetzner.client.servers.create(
        "web", _TYPE, _IMAGE, location=_PLACE, start_after_create=False
    )
    answer.action.wait_until_finished()
    assert answer.next_actions == []
    assert hetzner.bound().status == "off"
    assert hetzner.machines.named("start") == []


def test_machine_that_cannot_be_built_fails_both_actions(hetzner: HetznerDouble) -> None:
    """The machine's own words end up in the action; the start that waited for it fails too."""
    hetzner.machines.broken["create"] = "no space left on the host"
    answer = hetzner.client.servers.create("web", _TYPE, _IMAGE, location=_PLACE)
    with pytest.raises(ActionFailedException, match="no space left on the host"):
        answer.action.wait_until_finished()
    with pytest.raises(ActionFailedException, match="was not created"):
        answer.next_actions[0].wait_until_finished()
    assert hetzner.bound().status == "off"


def test_power_actions_reach_the_machine(hetzner: HetznerDouble) -> None:
    """Each power action has the vendor's command name and calls the machine's method."""
    server = hetzner.bound(hetzner.server()["name"])
    for act, command, method in (
        (server.power_off, "stop_server", "power_off"),
        (server.power_on, "start_server", "start"),
        (server.reset, "reset_server", "reset"),
    ):
        action = act()
        action.wait_until_finished()
        assert action.command == command
        assert server.id in hetzner.machines.named(method)


def test_shutdown_succeeds_when_asked_and_is_off_later(hetzner: HetznerDouble) -> None:
    """The action means "asked"; the status follows when the system is down."""
    server = hetzner.bound(hetzner.server()["name"])
    hetzner.machines.blocked.clear()
    action = server.shutdown()
    action.wait_until_finished()
    assert action.command == "shutdown_server"
    assert hetzner.bound().status == "running"
    hetzner.machines.blocked.set()
    hetzner.until(lambda: hetzner.bound().status == "off")


def test_reboot_never_looks_off_and_ends_running(hetzner: HetznerDouble) -> None:
    """A reboot goes down and up without the API ever showing the server off."""
    server = hetzner.bound(hetzner.server()["name"])
    hetzner.machines.calls.clear()
    server.reboot().wait_until_finished()
    hetzner.until(lambda: hetzner.machines.named("start") == [server.id])
    assert hetzner.machines.named("shutdown") == [server.id]
    assert hetzner.bound().status == "running"


def test_power_cut_during_a_reboot_stays_off(hetzner: HetznerDouble) -> None:
    """Somebody who cuts the power meanwhile wins over the reboot's second half."""
    server = hetzner.bound(hetzner.server()["name"])
    hetzner.machines.calls.clear()
    hetzner.machines.blocked.clear()
    server.reboot().wait_until_finished()
    cut = server.power_off()
    hetzner.machines.blocked.set()
    cut.wait_until_finished()
    hetzner.settle()
    assert hetzner.machines.named("start") == []
    assert hetzner.bound().status == "off"


def test_machine_that_goes_off_by_itself_is_noticed(
    hetzner: HetznerDouble, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`poweroff` typed on the server shows as off in the API."""
    monkeypatch.setattr("localcloud.hetzner.servers.power.WATCH_SECONDS", 0.01)
    server = hetzner.server()
    hetzner.machines.on.discard(server["id"])
    hetzner.until(lambda: hetzner.bound().status == "off")


def test_resize_needs_an_off_server_and_starts_it(hetzner: HetznerDouble) -> None:
    """A running server is refused; afterwards it runs, with the disk kept as asked."""
    server = hetzner.bound(hetzner.server()["name"])
    with pytest.raises(APIException, match="must be stopped") as refused:
        server.change_type(ServerType(name="cx43"), upgrade_disk=False)
    assert refused.value.code == "server_not_stopped"
    server.power_off().wait_until_finished()
    action = server.change_type(ServerType(name="cx43"), upgrade_disk=False)
    action.wait_until_finished()
    server.reload()
    assert action.command == "change_server_type"
    assert server.server_type is not None
    assert (server.server_type.name, server.primary_disk_size) == ("cx43", 80)
    assert server.status == "running"
    assert hetzner.machines.named("resize") == [(server.id, 8, 16, 80)]


def test_grown_disk_never_shrinks(hetzner: HetznerDouble) -> None:
    """After an upgrade with its disk there is no way back to a type with less."""
    hetzner.server(start_after_create=False)
    server = hetzner.bound()
    server.change_type(ServerType(name="cx43"), upgrade_disk=True).wait_until_finished()
    server.power_off().wait_until_finished()
    with pytest.raises(APIException, match="not sufficient disk space") as refused:
        server.change_type(ServerType(name="cx33"), upgrade_disk=False)
    assert refused.value.code == "invalid_server_type"
    server.reload()
    assert server.primary_disk_size == 160


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("cx33", "invalid_server_type"),
        ("cax21", "invalid_server_type"),
        ("cx32", "invalid_server_type"),
        ("cx23", "invalid_server_type"),
        ("cx99", "invalid_input"),
        ("cx53", "resource_unavailable"),
    ],
)
def test_impossible_resizes_are_refused(hetzner: HetznerDouble, name: str, code: str) -> None:
    """Same type, other architecture, no longer sold, smaller disk, unknown, sold out."""
    hetzner.turn("PATCH", "/knobs", {"sold_out": {"cx53": ["fsn1"]}})
    server = hetzner.server(start_after_create=False)
    body = {"server_type": name, "upgrade_disk": False}
    answer = hetzner.post(f"/servers/{server['id']}/actions/change_type", body)
    assert hetzner.error(answer)[1] == code
    assert hetzner.machines.named("resize") == []


def test_failed_resize_leaves_the_server_as_it_was(hetzner: HetznerDouble) -> None:
    """A machine that cannot be resized keeps its type and stays off."""
    hetzner.server(start_after_create=False)
    server = hetzner.bound()
    hetzner.machines.broken["resize"] = "host is full"
    with pytest.raises(ActionFailedException, match="host is full"):
        server.change_type(ServerType(name="cx43"), upgrade_disk=True).wait_until_finished()
    server.reload()
    assert server.server_type is not None
    assert (server.server_type.name, server.primary_disk_size) == ("cx33", 80)
    assert server.status == "off"


def test_protected_server_survives(hetzner: HetznerDouble) -> None:
    """Protection stops delete and rebuild until it is lifted; both flags go together."""
    server = hetzner.bound(hetzner.server()["name"])
    server.change_protection(delete=True, rebuild=True).wait_until_finished()
    with pytest.raises(APIException, match="Server deletion is protected") as refused:
        server.delete()
    assert refused.value.code == "protected"
    with pytest.raises(APIException, match="rebuild is protected"):
        server.rebuild(_IMAGE)
    with pytest.raises(APIException, match="have to be the same"):
        server.change_protection(delete=False)
    server.change_protection(delete=False, rebuild=False).wait_until_finished()
    server.delete().wait_until_finished()
    assert hetzner.machines.named("delete") == [server.id]


def test_delete_takes_what_belongs_to_the_server_only(hetzner: HetznerDouble) -> None:
    """Backups and automatic addresses go with it; snapshots and given addresses stay."""
    given = hetzner.client.primary_ips.create(
        type="ipv4", name="kept", location=_PLACE, auto_delete=False
    ).primary_ip
    hetzner.client.servers.create(
        "web",
        _TYPE,
        _IMAGE,
        location=_PLACE,
        public_net=ServerCreatePublicNetwork(ipv4=given, enable_ipv6=True),
    ).next_actions[0].wait_until_finished()
    server = hetzner.bound()
    assert hetzner.ipv4() == given.ip
    server.enable_backup().wait_until_finished()
    server.create_image(type="backup").action.wait_until_finished()
    server.create_image(type="snapshot").action.wait_until_finished()
    server.delete().wait_until_finished()
    assert hetzner.client.servers.get_by_name("web") is None
    left = hetzner.client.primary_ips.get_all()
    assert [(one.name, one.assignee_id) for one in left] == [("kept", None)]
    images = hetzner.client.images.get_all(type=["snapshot", "backup"])
    assert [image.type for image in images] == ["snapshot"]
    assert len(hetzner.machines.named("drop_image")) == 1


def test_failed_delete_keeps_the_server(hetzner: HetznerDouble) -> None:
    """When the machine cannot be removed the server is still there, as it was."""
    server = hetzner.bound(hetzner.server()["name"])
    hetzner.machines.broken["delete"] = "engine is gone"
    with pytest.raises(ActionFailedException, match="engine is gone"):
        server.delete().wait_until_finished()
    assert hetzner.bound().status == "running"


def test_rebuild_wipes_the_disk_and_keeps_the_addresses(hetzner: HetznerDouble) -> None:
    """Rebuild cuts the power, installs the image, starts; id and address stay."""
    server = hetzner.bound(hetzner.server()["name"])
    before = hetzner.ipv4()
    answer = server.rebuild(_IMAGE)
    answer.action.wait_until_finished()
    assert answer.root_password
    assert hetzner.ipv4() == before
    spec = hetzner.machines.named("rebuild")[0]
    assert (spec.id, spec.ipv4, spec.root_password) == (server.id, before, answer.root_password)
    assert hetzner.bound().status == "running"


def test_new_root_password_needs_a_running_server(hetzner: HetznerDouble) -> None:
    """The password in the answer is the one the machine got; a server that is off refuses."""
    server = hetzner.bound(hetzner.server()["name"])
    answer = server.reset_password()
    answer.action.wait_until_finished()
    assert hetzner.machines.named("set_password") == [(server.id, answer.root_password)]
    server.power_off().wait_until_finished()
    with pytest.raises(APIException, match="running"):
        server.reset_password()


def test_placement_group_life(hetzner: HetznerDouble) -> None:
    """A server joins while it is off and is started; a full or used group refuses."""
    group = hetzner.client.placement_groups.create("g", "spread").placement_group
    hetzner.server(start_after_create=False)
    server = hetzner.bound()
    server.add_to_placement_group(group).wait_until_finished()
    server.reload()
    assert server.status == "running"
    assert server.placement_group is not None
    assert server.placement_group.id == group.id
    with pytest.raises(APIException) as refused:
        group.delete()
    assert refused.value.code == "resource_in_use"
    with pytest.raises(APIException) as twice:
        server.add_to_placement_group(group)
    assert twice.value.code == "already_in_placement_group"
    server.remove_from_placement_group().wait_until_finished()
    assert group.delete()


def test_rename_and_relabel(hetzner: HetznerDouble) -> None:
    """A PUT changes name and labels; a name somebody has is refused."""
    server = hetzner.bound(hetzner.server()["name"])
    hetzner.server("other")
    assert server.update(name="web2", labels={"a": "b"}).labels == {"a": "b"}
    with pytest.raises(APIException) as refused:
        server.update(name="other")
    assert refused.value.code == "uniqueness_error"


def test_action_listings(hetzner: HetznerDouble) -> None:
    """An action is found by id, among those of its server and of all servers, and nowhere else."""
    server = hetzner.server()
    action = hetzner.post(f"/servers/{server['id']}/actions/poweroff").json()["action"]
    for path in (
        f"/actions/{action['id']}",
        f"/servers/actions/{action['id']}",
        f"/servers/{server['id']}/actions/{action['id']}",
    ):
        assert hetzner.get(path)["action"]["command"] == "stop_server"
    newest = hetzner.get(f"/servers/{server['id']}/actions?sort=id:desc")["actions"][0]
    assert newest["id"] == action["id"]
    answer = hetzner.http.get(f"/firewalls/actions/{action['id']}")
    assert hetzner.error(answer) == (404, "not_found")


def test_every_action_asked_for_comes_back(hetzner: HetznerDouble) -> None:
    """Polling by ids returns finished actions too: the vendor's Go client insists on all."""
    hetzner.server()
    hetzner.server("second")
    ids = [action["id"] for action in hetzner.get("/servers/actions")["actions"]]
    query = "&".join(f"id={number}" for number in ids)
    found = hetzner.get(f"/actions?{query}&page=1&per_page=50&sort=status&sort=id")["actions"]
    assert sorted(action["id"] for action in found) == sorted(ids)

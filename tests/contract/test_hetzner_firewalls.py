"""Firewalls: their rules, their targets, and what the machines are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from localcloud.hetzner.machines import InboundRule

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_ANYWHERE = ["0.0.0.0/0", "::/0"]
_SSH = {"direction": "in", "protocol": "tcp", "port": "22", "source_ips": _ANYWHERE}
_WEB = {"direction": "in", "protocol": "tcp", "port": "80-443", "source_ips": ["10.0.0.0/8"]}


def _firewall(hetzner: HetznerDouble, **fields: object) -> dict[str, Any]:
    answer = hetzner.post("/firewalls", {"name": "f", "rules": [_SSH]} | fields)
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["firewall"])


def _rules_of(hetzner: HetznerDouble, server: dict[str, Any]) -> tuple[InboundRule, ...] | None:
    """What the machine of a server was told last."""
    told = hetzner.machines.named("set_firewall")
    own = [rules for number, rules in told if number == server["id"]]
    last: tuple[InboundRule, ...] | None = own[-1]
    return last


def test_server_without_firewall_is_open(hetzner: HetznerDouble) -> None:
    """The machine of a server nobody guards is told so."""
    assert _rules_of(hetzner, hetzner.server()) is None


def test_new_server_is_behind_its_firewall_before_it_starts(hetzner: HetznerDouble) -> None:
    """The rules reach the machine between create and start."""
    firewall = _firewall(hetzner)
    server = hetzner.server(firewalls=[{"firewall": firewall["id"]}])
    assert server["public_net"]["firewalls"] == [{"id": firewall["id"], "status": "applied"}]
    assert [name for name, _ in hetzner.machines.calls] == ["create", "set_firewall", "start"]
    assert _rules_of(hetzner, server) == (InboundRule("tcp", (22, 22), ("0.0.0.0/0", "::/0")),)


def test_set_rules_replaces_all_and_reaches_every_server(hetzner: HetznerDouble) -> None:
    """One action writes the rules and one per server applies them."""
    firewall = _firewall(hetzner)
    server = hetzner.server(firewalls=[{"firewall": firewall["id"]}])
    path = f"/firewalls/{firewall['id']}/actions/set_rules"
    actions = hetzner.post(path, {"rules": [_WEB]}).json()["actions"]
    assert [one["command"] for one in actions] == ["set_firewall_rules", "apply_firewall"]
    assert {one["status"] for one in actions} == {"success"}
    assert _rules_of(hetzner, server) == (InboundRule("tcp", (80, 443), ("10.0.0.0/8",)),)
    hetzner.post(path, {"rules": []})
    assert _rules_of(hetzner, server) == ()


def test_rules_of_several_firewalls_add_up(hetzner: HetznerDouble) -> None:
    """What one of them lets in comes in; outbound rules let nothing in."""
    out = {"direction": "out", "protocol": "icmp", "destination_ips": ["0.0.0.0/0"]}
    first = _firewall(hetzner)
    second = _firewall(hetzner, name="g", rules=[_WEB, out])
    server = hetzner.server(firewalls=[{"firewall": first["id"]}, {"firewall": second["id"]}])
    rules = _rules_of(hetzner, server)
    assert rules is not None
    assert [rule.ports for rule in rules] == [(22, 22), (80, 443)]


def test_apply_and_remove(hetzner: HetznerDouble) -> None:
    """Applying twice is refused, removing twice is not; the machine follows."""
    firewall, server = _firewall(hetzner), hetzner.server()
    path = f"/firewalls/{firewall['id']}/actions"
    target = [{"type": "server", "server": {"id": server["id"]}}]
    applied = hetzner.post(f"{path}/apply_to_resources", {"apply_to": target}).json()["actions"]
    assert [one["command"] for one in applied] == ["apply_firewall"]
    assert _rules_of(hetzner, server) is not None
    again = hetzner.post(f"{path}/apply_to_resources", {"apply_to": target})
    assert hetzner.error(again) == (422, "firewall_already_applied")
    for _ in range(2):
        removed = hetzner.post(f"{path}/remove_from_resources", {"remove_from": target})
        assert removed.status_code == 201
    assert _rules_of(hetzner, server) is None
    empty = hetzner.post(f"{path}/apply_to_resources", {"apply_to": []})
    assert (empty.status_code, empty.json()) == (201, {"actions": []})


def test_used_firewall_cannot_be_deleted(hetzner: HetznerDouble) -> None:
    """While it is applied the firewall stays; when its server is gone it may go."""
    firewall = _firewall(hetzner)
    hetzner.server(firewalls=[{"firewall": firewall["id"]}])
    path = f"/firewalls/{firewall['id']}"
    assert hetzner.error(hetzner.http.delete(path)) == (422, "resource_in_use")
    hetzner.bound().delete().wait_until_finished()
    assert hetzner.get(path)["firewall"]["applied_to"] == []
    assert hetzner.http.delete(path).status_code == 204


def test_label_selector_follows_the_labels(hetzner: HetznerDouble) -> None:
    """Servers come under a selector when they are made or relabelled, and leave it likewise."""
    selector = {"type": "label_selector", "label_selector": {"selector": "role=web"}}
    firewall = _firewall(hetzner, apply_to=[selector])
    server = hetzner.server(labels={"role": "web"})
    other = hetzner.server("other")
    assert _rules_of(hetzner, server) is not None
    assert _rules_of(hetzner, other) is None
    path = f"/firewalls/{firewall['id']}"
    shown = hetzner.get(path)["firewall"]["applied_to"][0]["applied_to_resources"]
    assert [one["server"]["id"] for one in shown] == [server["id"]]
    target = [{"type": "server", "server": {"id": server["id"]}}]
    refused = hetzner.post(f"{path}/actions/remove_from_resources", {"remove_from": target})
    assert hetzner.error(refused) == (422, "firewall_managed_by_label_selector")
    hetzner.http.put(f"/servers/{server['id']}", json={"labels": {}})
    assert _rules_of(hetzner, server) is None
    hetzner.http.put(f"/servers/{other['id']}", json={"labels": {"role": "web"}})
    assert _rules_of(hetzner, other) is not None


@pytest.mark.parametrize(
    "change",
    [
        {"port": None},
        {"port": "0"},
        {"port": "90-80"},
        {"port": "70000"},
        {"port": "http"},
        {"protocol": "icmp"},
        {"protocol": "smtp"},
        {"source_ips": []},
        {"source_ips": ["10.0.0.1/8"]},
        {"source_ips": ["10.0.0.1"]},
        {"destination_ips": ["10.0.0.0/8"]},
        {"direction": "sideways"},
        {"description": "x" * 256},
    ],
)
def test_wrong_rules_are_refused(hetzner: HetznerDouble, change: dict[str, Any]) -> None:
    """Ports, protocols and networks have to make sense together."""
    rule = {key: value for key, value in (_SSH | change).items() if value is not None}
    answer = hetzner.post("/firewalls", {"name": "f", "rules": [rule]})
    assert hetzner.error(answer) == (422, "invalid_input")
    assert hetzner.get("/firewalls")["firewalls"] == []


def test_limits(hetzner: HetznerDouble) -> None:
    """Fifty rules a firewall, five firewalls a server, one firewall a name."""
    many = hetzner.post("/firewalls", {"name": "f", "rules": [_SSH] * 51})
    assert hetzner.error(many) == (422, "invalid_input")
    ids = [_firewall(hetzner, name=f"f{number}")["id"] for number in range(6)]
    server = hetzner.server(firewalls=[{"firewall": number} for number in ids[:5]])
    target = [{"type": "server", "server": {"id": server["id"]}}]
    path = f"/firewalls/{ids[5]}/actions/apply_to_resources"
    refused = hetzner.post(path, {"apply_to": target})
    assert hetzner.error(refused) == (403, "resource_limit_exceeded")
    assert refused.json()["error"]["details"] == {"limits": [{"name": "firewalls"}]}
    twice = hetzner.post("/firewalls", {"name": "f0"})
    assert hetzner.error(twice) == (409, "uniqueness_error")


def test_missing_and_private_servers(hetzner: HetznerDouble) -> None:
    """A server that is not there has its own code; one without interface needs no firewall."""
    target = [{"type": "server", "server": {"id": 1}}]
    refused = hetzner.post("/firewalls", {"name": "f", "apply_to": target})
    assert hetzner.error(refused) == (422, "firewall_resource_not_found")
    path = f"/firewalls/{_firewall(hetzner)['id']}/actions/apply_to_resources"
    refused = hetzner.post(path, {"apply_to": target})
    assert hetzner.error(refused) == (404, "firewall_resource_not_found")
    net = {"enable_ipv4": False, "enable_ipv6": False}
    server = hetzner.server(public_net=net, start_after_create=False)
    refused = hetzner.post(path, {"apply_to": [{"type": "server", "server": {"id": server["id"]}}]})
    assert hetzner.error(refused) == (422, "private_net_only_server")

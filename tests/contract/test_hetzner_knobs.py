"""The knobs: what a test can make go wrong, and see."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import httpx
import pytest
from hcloud.actions import ActionFailedException

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble


def test_fault_hits_the_next_calls_of_its_route_only(hetzner: HetznerDouble) -> None:
    """Two calls of the route fail as told, the third and other routes do not."""
    fault = {"method": "GET", "path": "/servers$", "status": 503, "code": "unavailable", "times": 2}
    hetzner.turn("POST", "/faults", fault)
    assert hetzner.http.get("/locations").status_code == 200
    for _ in range(2):
        assert hetzner.http.get("/servers").json()["error"]["code"] == "unavailable"
    assert hetzner.http.get("/servers").status_code == 200


def test_fault_without_status_only_delays(hetzner: HetznerDouble) -> None:
    """The call works, later."""
    hetzner.turn("POST", "/faults", {"path": "/servers", "delay": 0.2})
    began = time.monotonic()
    assert hetzner.http.get("/servers").status_code == 200
    assert time.monotonic() - began >= 0.2


def test_faulty_call_does_nothing(hetzner: HetznerDouble) -> None:
    """An injected error comes before the work, so no key is made."""
    fault = {"method": "POST", "path": "/placement_groups", "status": 409, "code": "conflict"}
    hetzner.turn("POST", "/faults", fault)
    answer = hetzner.post("/placement_groups", {"name": "g", "type": "spread"})
    assert hetzner.error(answer) == (409, "conflict")
    assert hetzner.get("/placement_groups")["placement_groups"] == []


def test_action_ends_in_the_error_it_was_told(hetzner: HetznerDouble) -> None:
    """The action fails without doing its work."""
    hetzner.server()
    hetzner.turn("POST", "/action_faults", {"command": "stop_server", "message": "host on fire"})
    with pytest.raises(ActionFailedException, match="host on fire"):
        hetzner.bound().power_off().wait_until_finished()
    assert hetzner.bound().status == "running"
    hetzner.bound().power_off().wait_until_finished()


def test_realistic_actions_take_their_time(hetzner: HetznerDouble) -> None:
    """In realistic timing even a quick action is running first and locks the server."""
    server = hetzner.server()
    hetzner.turn("PATCH", "/knobs", {"timing": "realistic", "action_seconds": 0.3})
    path = f"/servers/{server['id']}"
    action = hetzner.post(f"{path}/actions/poweroff").json()["action"]
    assert (action["status"], action["progress"], action["finished"]) == ("running", 0, None)
    assert hetzner.get(path)["server"]["locked"]
    for method, url in (("POST", f"{path}/actions/reset"), ("DELETE", path)):
        assert hetzner.error(hetzner.http.request(method, url)) == (423, "locked")
    hetzner.until(lambda: hetzner.get(f"/actions/{action['id']}")["action"]["status"] == "success")
    assert hetzner.get(path)["server"]["status"] == "off"
    assert not hetzner.get(path)["server"]["locked"]


def test_calls_are_remembered_in_order(hetzner: HetznerDouble) -> None:
    """A test can assert what a client called, in which order, with which result."""
    hetzner.turn("DELETE", "/calls")
    hetzner.http.get("/servers?name=x")
    hetzner.http.delete("/servers/1")
    hetzner.post("/ssh_keys", {"name": "x"})
    calls = hetzner.turn("GET", "/calls")["calls"]
    assert calls == [
        {"method": "GET", "path": "/servers", "query": "name=x", "status": 200, "body": None},
        {"method": "DELETE", "path": "/servers/1", "query": "", "status": 404, "body": None},
        {
            "method": "POST",
            "path": "/ssh_keys",
            "query": "",
            "status": 422,
            "body": {"name": "x"},
        },
    ]


def test_reset_removes_machines_things_and_knobs(hetzner: HetznerDouble) -> None:
    """After a reset nothing is left but the catalogue, and ids go on."""
    server = hetzner.server()
    hetzner.bound().create_image().action.wait_until_finished()
    hetzner.turn("PATCH", "/knobs", {"rate_limit": True, "sold_out": {"cx33": ["fsn1"]}})
    hetzner.turn("POST", "/reset")
    assert hetzner.machines.named("delete") == [server["id"]]
    assert len(hetzner.machines.named("drop_image")) == 1
    for noun in ("servers", "primary_ips", "firewalls", "ssh_keys", "zones"):
        assert hetzner.get(f"/{noun}")[noun] == []
    assert hetzner.turn("GET", "/knobs")["sold_out"] == {}
    assert hetzner.server()["id"] > server["id"]


def test_status_tells_the_servers(hetzner: HetznerDouble) -> None:
    """What the command line shows comes from here."""
    server = hetzner.server()
    status = hetzner.turn("GET", "/status")
    assert status["name"] == "contract"
    assert status["servers"] == [
        {
            "id": server["id"],
            "name": "web",
            "status": "running",
            "type": "cx33",
            "location": "fsn1",
            "ipv4": server["public_net"]["ipv4"]["ip"],
        }
    ]


def test_knob_with_nonsense_is_refused(hetzner: HetznerDouble) -> None:
    """A misspelt knob is an error, not a silent default."""
    with pytest.raises(httpx.HTTPStatusError):
        hetzner.turn("PATCH", "/knobs", {"timing": "slow"})
    with pytest.raises(httpx.HTTPStatusError):
        hetzner.turn("POST", "/faults", {"path": "/", "colour": "red"})


def test_a_token_that_was_revoked_is_refused(hetzner: HetznerDouble) -> None:
    """Two are valid where the console has made a second one."""
    first = hetzner.turn("GET", "/knobs")["tokens"]
    second = "b" * 64
    hetzner.turn("PATCH", "/knobs", {"tokens": [*first, second]})
    new = {"Authorization": f"Bearer {second}"}
    assert hetzner.http.get("/servers", headers=new).status_code == 200
    assert hetzner.http.get("/servers").status_code == 200
    hetzner.turn("PATCH", "/knobs", {"tokens": [second]})
    assert hetzner.error(hetzner.http.get("/servers")) == (401, "unauthorized")

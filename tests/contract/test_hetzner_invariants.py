"""What has to hold after any sequence of requests, however odd."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from localcloud.hetzner.labels import Selector

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_NAMES = st.sampled_from(["a", "b", "c"])
_TYPES = st.sampled_from(["cx23", "cx33", "cx43"])
_LABELS = st.dictionaries(st.sampled_from(["role", "env"]), st.sampled_from(["x", "y"]))
_SELECTORS = ("role=x", "!env", "env in (x,y)")
_PICK = st.integers(0, 3)


class _Client(RuleBasedStateMachine):
    """Somebody who calls at random, and looks at everything after each call."""

    double: HetznerDouble

    def __init__(self) -> None:
        super().__init__()
        self.double.turn("POST", "/reset")
        self.actions: set[int] = set()
        self.disks: dict[int, int] = {}

    @rule(name=_NAMES, kind=_TYPES, labels=_LABELS, started=st.booleans())
    def create_server(self, name: str, kind: str, labels: dict[str, str], started: bool) -> None:
        """A server more, or a refusal because the name is taken."""
        body = {"name": name, "server_type": kind, "image": "debian-12", "labels": labels}
        self._post("/servers", body | {"start_after_create": started})

    @rule(pick=_PICK)
    def delete_server(self, pick: int) -> None:
        """A server less."""
        self._on("servers", pick, self.double.http.delete)

    @rule(
        pick=_PICK,
        action=st.sampled_from(
            ["poweron", "poweroff", "shutdown", "reboot", "enable_backup", "disable_backup"]
        ),
    )
    def act(self, pick: int, action: str) -> None:
        """Something without a body."""
        self._act("servers", pick, action)

    @rule(pick=_PICK, kind=_TYPES, grow=st.booleans())
    def change_type(self, pick: int, kind: str, grow: bool) -> None:
        """Another size."""
        body = {"server_type": kind, "upgrade_disk": grow}
        self._act("servers", pick, "change_type", body)

    @rule(pick=_PICK, kind=st.sampled_from(["snapshot", "backup"]))
    def create_image(self, pick: int, kind: str) -> None:
        """A snapshot or backup more."""
        self._act("servers", pick, "create_image", {"type": kind})

    @rule(pick=_PICK, labels=_LABELS)
    def label(self, pick: int, labels: dict[str, str]) -> None:
        """Other labels."""
        body = {"labels": labels}
        self._on("servers", pick, lambda path: self.double.http.put(path, json=body))

    @rule(name=_NAMES, version=st.sampled_from(["ipv4", "ipv6"]), auto_delete=st.booleans())
    def create_address(self, name: str, version: str, auto_delete: bool) -> None:
        """An address more."""
        body = {"name": name, "type": version, "location": "fsn1", "auto_delete": auto_delete}
        self._post("/primary_ips", body)

    @rule(pick=_PICK, server=_PICK)
    def assign(self, pick: int, server: int) -> None:
        """An address to a server."""
        servers = self._all("servers")
        if servers:
            owner = servers[server % len(servers)]["id"]
            body = {"assignee_type": "server", "assignee_id": owner}
            self._act("primary_ips", pick, "assign", body)

    @rule(pick=_PICK)
    def unassign(self, pick: int) -> None:
        """An address off its server."""
        self._act("primary_ips", pick, "unassign")

    @rule(pick=_PICK)
    def delete_address(self, pick: int) -> None:
        """An address less."""
        self._on("primary_ips", pick, self.double.http.delete)

    @rule(name=_NAMES, selector=st.sampled_from(_SELECTORS))
    def create_firewall(self, name: str, selector: str) -> None:
        """A firewall for some labels."""
        target = {"type": "label_selector", "label_selector": {"selector": selector}}
        self._post("/firewalls", {"name": name, "apply_to": [target]})

    @invariant()
    def every_action_is_found(self) -> None:
        """An id that was ever returned can be asked for."""
        ids = sorted(self.actions)
        for start in range(0, len(ids), 25):
            part = ids[start : start + 25]
            query = "&".join(f"id={number}" for number in part)
            found = self.double.get(f"/actions?{query}&per_page=50")["actions"]
            assert sorted(action["id"] for action in found) == part

    @invariant()
    def no_address_is_held_twice(self) -> None:
        """Addresses differ, and a server has at most one of each version."""
        addresses = self._all("primary_ips")
        ips = [one["ip"] for one in addresses]
        assert len(set(ips)) == len(ips)
        held = [(one["assignee_id"], one["type"]) for one in addresses if one["assignee_id"]]
        assert len(set(held)) == len(held)
        assert {server for server, _ in held} <= {one["id"] for one in self._all("servers")}

    @invariant()
    def servers_and_addresses_agree(self) -> None:
        """What a server shows as its address is assigned to it."""
        owners = {one["id"]: one["assignee_id"] for one in self._all("primary_ips")}
        for server in self._all("servers"):
            for version in ("ipv4", "ipv6"):
                shown = server["public_net"][version]
                assert shown is None or owners[shown["id"]] == server["id"]

    @invariant()
    def disks_never_shrink(self) -> None:
        """`primary_disk_size` only ever grows, and the type always has room for it."""
        for server in self._all("servers"):
            disk = server["primary_disk_size"]
            assert disk >= self.disks.get(server["id"], 0)
            assert disk <= server["server_type"]["disk"]
            self.disks[server["id"]] = disk

    @invariant()
    def lists_are_made_of_gets(self) -> None:
        """A list shows each thing exactly as its own path does."""
        for noun, one in (
            ("servers", "server"),
            ("primary_ips", "primary_ip"),
            ("images", "image"),
        ):
            for thing in self._all(noun):
                if noun != "images" or thing["type"] in {"snapshot", "backup"}:
                    assert self.double.get(f"/{noun}/{thing['id']}")[one] == thing

    @invariant()
    def locked_means_an_action_runs(self) -> None:
        """No server stays locked without a reason."""
        self.double.settle()
        assert not any(server["locked"] for server in self._all("servers"))

    @invariant()
    def backups_belong_to_living_servers_with_backups(self) -> None:
        """A backup goes with its server, and with the switch."""
        windows = {one["id"]: one["backup_window"] for one in self._all("servers")}
        for image in self.double.get("/images?type=backup&per_page=50")["images"]:
            assert windows.get(image["bound_to"])

    @invariant()
    def selectors_agree(self) -> None:
        """A firewall holds for the servers a list with its selector shows, and they show it."""
        servers = self._all("servers")
        for firewall in self._all("firewalls"):
            target = firewall["applied_to"][0]
            selector = target["label_selector"]["selector"]
            held = {one["server"]["id"] for one in target["applied_to_resources"]}
            wanted = {
                one["id"] for one in servers if Selector.parse(selector).matches(one["labels"])
            }
            listed = self.double.http.get("/servers", params={"label_selector": selector}).json()
            shown = {
                one["id"]
                for one in servers
                if firewall["id"] in {known["id"] for known in one["public_net"]["firewalls"]}
            }
            assert held == wanted == shown == {one["id"] for one in listed["servers"]}

    def _all(self, noun: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.double.get(f"/{noun}?per_page=50")[noun]
        return found

    def _on(self, noun: str, pick: int, call: Any) -> None:  # noqa: ANN401 a small lambda
        things = self._all(noun)
        if things:
            self._note(call(f"/{noun}/{things[pick % len(things)]['id']}"))

    def _act(self, noun: str, pick: int, action: str, body: object = None) -> None:
        self._on(noun, pick, lambda path: self.double.post(f"{path}/actions/{action}", body))

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._note(self.double.post(path, body))

    def _note(self, answer: Any) -> None:  # noqa: ANN401 an httpx.Response
        assert answer.status_code < 500, answer.text
        shown = answer.json() if answer.content else {}
        actions = [*shown.get("actions", []), *shown.get("next_actions", [])]
        actions += [shown["action"]] if shown.get("action") else []
        self.actions |= {action["id"] for action in actions}


def test_invariants(hetzner: HetznerDouble) -> None:
    """No sequence of requests breaks the books, and none is answered against the contract."""
    client = type("Client", (_Client,), {"double": hetzner})
    run_state_machine_as_test(
        client,
        settings=settings(
            max_examples=5,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

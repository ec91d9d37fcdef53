"""What has to hold for networks and load balancers after any sequence of requests."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

if TYPE_CHECKING:
    from tests.contract.hetzner_double import HetznerDouble

_NAMES = st.sampled_from(["a", "b", "c"])
_PICK = st.integers(0, 3)
_RANGES = st.sampled_from(["10.0.0.0/16", "10.0.0.0/12", "10.1.0.0/16"])
_SUBNETS = st.sampled_from([None, "10.0.0.0/29", "10.0.1.0/30", "10.1.0.0/24"])
_IPS = st.sampled_from([None, None, "10.0.0.2", "10.0.0.3", "10.0.1.1", "10.1.0.5"])
_ALIASES = st.lists(st.sampled_from(["10.0.0.4", "10.0.0.5", "10.1.0.6"]), max_size=2)
_MEMBERS = st.sampled_from(["servers", "load_balancers"])


class _Client(RuleBasedStateMachine):
    """Somebody who calls at random, and looks at everything after each call."""

    double: HetznerDouble

    def __init__(self) -> None:
        super().__init__()
        self.double.turn("POST", "/reset")

    @rule(name=_NAMES, ip_range=_RANGES, subnet=_SUBNETS)
    def create_network(self, name: str, ip_range: str, subnet: str | None) -> None:
        """A network more, mostly with a subnet."""
        parts = [_subnet(subnet)] if subnet else []
        self._post("/networks", {"name": name, "ip_range": ip_range, "subnets": parts})

    @rule(pick=_PICK, subnet=_SUBNETS)
    def add_subnet(self, pick: int, subnet: str | None) -> None:
        """A subnet more."""
        self._act("networks", pick, "add_subnet", _subnet(subnet))

    @rule(pick=_PICK, subnet=st.sampled_from(["10.0.0.0/29", "10.1.0.0/24"]))
    def delete_subnet(self, pick: int, subnet: str) -> None:
        """A subnet less, if nobody is in it."""
        self._act("networks", pick, "delete_subnet", {"ip_range": subnet})

    @rule(pick=_PICK, ip_range=_RANGES)
    def change_ip_range(self, pick: int, ip_range: str) -> None:
        """A wider range."""
        self._act("networks", pick, "change_ip_range", {"ip_range": ip_range})

    @rule(pick=_PICK)
    def delete_network(self, pick: int) -> None:
        """A network less."""
        self._on("networks", pick, self.double.http.delete)

    @rule(name=_NAMES, network=_PICK, inside=st.booleans())
    def create_server(self, name: str, network: int, inside: bool) -> None:
        """A server more, perhaps in a network."""
        networks = self._all("networks")
        ids = [networks[network % len(networks)]["id"]] if networks and inside else []
        body = {"name": name, "server_type": "cx23", "image": "debian-12", "location": "fsn1"}
        self._post("/servers", body | {"networks": ids})

    @rule(name=_NAMES)
    def create_balancer(self, name: str) -> None:
        """A load balancer more, for whatever servers there are."""
        target = {"type": "label_selector", "label_selector": {"selector": "!x"}}
        body = {"name": name, "load_balancer_type": "lb11", "location": "fsn1"}
        self._post("/load_balancers", body | {"targets": [target]})

    @rule(noun=_MEMBERS, pick=_PICK)
    def delete_member(self, noun: str, pick: int) -> None:
        """A server or load balancer less."""
        self._on(noun, pick, self.double.http.delete)

    @rule(noun=_MEMBERS, pick=_PICK, network=_PICK, ip=_IPS)
    def attach(self, noun: str, pick: int, network: int, ip: str | None) -> None:
        """A member more."""
        networks = self._all("networks")
        if networks:
            body: dict[str, Any] = {"network": networks[network % len(networks)]["id"]}
            self._act(noun, pick, "attach_to_network", body | ({"ip": ip} if ip else {}))

    @rule(noun=_MEMBERS, pick=_PICK)
    def detach(self, noun: str, pick: int) -> None:
        """A member less."""
        things = self._all(noun)
        if things and things[pick % len(things)]["private_net"]:
            body = {"network": things[pick % len(things)]["private_net"][0]["network"]}
            self._act(noun, pick, "detach_from_network", body)

    @rule(pick=_PICK, aliases=_ALIASES)
    def change_aliases(self, pick: int, aliases: list[str]) -> None:
        """Other additional addresses."""
        servers = self._all("servers")
        if servers and servers[pick % len(servers)]["private_net"]:
            network = servers[pick % len(servers)]["private_net"][0]["network"]
            body = {"network": network, "alias_ips": aliases}
            self._act("servers", pick, "change_alias_ips", body)

    @invariant()
    def no_private_address_twice(self) -> None:
        """In a network every address, aliases too, belongs to one member, and to a subnet."""
        for network in self._all("networks"):
            used = self._addresses(network["id"])
            assert len(set(used)) == len(used)
            subnets = [ipaddress.ip_network(one["ip_range"]) for one in network["subnets"]]
            gateway = ipaddress.ip_network(network["ip_range"])[1]
            for address in map(ipaddress.ip_address, used):
                assert any(address in subnet for subnet in subnets)
                assert address != gateway

    @invariant()
    def subnets_do_not_overlap(self) -> None:
        """The subnets of a network are parts of it, each for itself."""
        for network in self._all("networks"):
            whole = ipaddress.IPv4Network(network["ip_range"])
            parts = [ipaddress.IPv4Network(one["ip_range"]) for one in network["subnets"]]
            for position, part in enumerate(parts):
                assert part.subnet_of(whole)
                assert not any(part.overlaps(other) for other in parts[:position])

    @invariant()
    def both_sides_agree(self) -> None:
        """A network lists the members that show it, and nobody is in one that is gone."""
        for network in self._all("networks"):
            for noun in ("servers", "load_balancers"):
                shown = {
                    one["id"]
                    for one in self._all(noun)
                    if network["id"] in {leg["network"] for leg in one["private_net"]}
                }
                assert set(network[noun]) == shown
        known = {network["id"] for network in self._all("networks")}
        for noun in ("servers", "load_balancers"):
            for one in self._all(noun):
                assert {leg["network"] for leg in one["private_net"]} <= known

    @invariant()
    def no_server_is_in_networks_that_overlap(self) -> None:
        """Otherwise it would not know which way to send."""
        ranges = {one["id"]: ipaddress.ip_network(one["ip_range"]) for one in self._all("networks")}
        for server in self._all("servers"):
            mine = [ranges[leg["network"]] for leg in server["private_net"]]
            for position, one in enumerate(mine):
                assert not any(one.overlaps(other) for other in mine[:position])

    @invariant()
    def public_addresses_differ(self) -> None:
        """Servers and load balancers never share one."""
        ips = [one["ip"] for one in self._all("primary_ips")]
        ips += [one["public_net"]["ipv4"]["ip"] for one in self._all("load_balancers")]
        assert len(set(ips)) == len(ips)

    def _addresses(self, network: int) -> list[str]:
        return [
            address
            for noun in ("servers", "load_balancers")
            for one in self._all(noun)
            for leg in one["private_net"]
            if leg["network"] == network
            for address in (leg["ip"], *leg.get("alias_ips", []))
        ]

    def _all(self, noun: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.double.get(f"/{noun}?per_page=50")[noun]
        return found

    def _on(self, noun: str, pick: int, call: Any) -> None:  # noqa: ANN401 a small lambda
        things = self._all(noun)
        if things:
            self._note(call(f"/{noun}/{things[pick % len(things)]['id']}"))

    def _act(self, noun: str, pick: int, action: str, body: dict[str, Any]) -> None:
        self._on(noun, pick, lambda path: self.double.post(f"{path}/actions/{action}", body))

    def _post(self, path: str, body: dict[str, Any]) -> None:
        self._note(self.double.post(path, body))

    def _note(self, answer: Any) -> None:  # noqa: ANN401 an httpx.Response
        assert answer.status_code < 500, answer.text
        self.double.settle()


def _subnet(ip_range: str | None) -> dict[str, Any]:
    body = {"type": "cloud", "network_zone": "eu-central"}
    return body | ({"ip_range": ip_range} if ip_range else {})


def test_network_invariants(hetzner: HetznerDouble) -> None:
    """No sequence of requests breaks the books, and none is answered against the contract."""
    client = type("Client", (_Client,), {"double": hetzner})
    run_state_machine_as_test(
        client,
        settings=settings(
            max_examples=6,
            stateful_step_count=15,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

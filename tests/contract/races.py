"""Five changes of one thing at the same time: what is asked, and what has to be there after."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tests.contract.hetzner_double import PUBLIC_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.contract.hetzner_double import HetznerDouble

CALLS = 5
REFUSALS = {(409, "conflict"), (409, "uniqueness_error"), (423, "locked")}
"""How the vendor says that a change has to wait, or that another was first."""


_BOX_SETTINGS = (
    "reachable_externally",
    "samba_enabled",
    "ssh_enabled",
    "webdav_enabled",
    "zfs_enabled",
)


@dataclass(frozen=True)
class Race:
    """Calls to make at once on what `start` prepared, and what is there afterwards."""

    name: str
    start: Callable[[HetznerDouble], str]
    """Prepares; returns the path of the thing, or of the list where things are added."""
    call: Callable[[str, int], tuple[str, dict[str, Any]]]
    """Path and body of the n-th POST."""
    left: Callable[[HetznerDouble, str], list[Any]]
    """What is there in the end; every successful call has to show in it."""
    mark: Callable[[int], Any]
    """What the n-th call left there."""
    refusals: frozenset[tuple[int, str]] = frozenset()
    """Refusals of this noun beyond the usual."""
    single: bool = False
    """Whether the calls replace one value: only the last of the successes stays."""


@dataclass(frozen=True)
class Outcome:
    """What came of a race."""

    succeeded: tuple[int, ...]
    refused: tuple[tuple[int, str], ...]
    left: list[Any]


def run(race: Race, double: HetznerDouble, timing: str) -> Outcome:
    """Prepare in peace, then make the calls at once and wait until all is done."""
    thing = race.start(double)
    double.settle()
    double.turn("PATCH", "/knobs", {"timing": timing, "action_seconds": 0.2})
    calls = [race.call(thing, number) for number in range(CALLS)]
    with ThreadPoolExecutor(CALLS) as pool:
        answers = list(pool.map(lambda call: double.post(*call), calls))
    double.settle()
    good = [number for number, answer in enumerate(answers) if answer.is_success]
    bad = [double.error(answer) for answer in answers if not answer.is_success]
    return Outcome(tuple(good), tuple(bad), race.left(double, thing))


def _thing(path: str, body: dict[str, Any]) -> Callable[[HetznerDouble], str]:
    def start(double: HetznerDouble) -> str:
        answer = double.post(path, body)
        assert answer.is_success, answer.text
        noun = "storage_box" if path == "/storage_boxes" else path.strip("/").removesuffix("s")
        return f"{path}/{answer.json()[noun]['id']}"

    return start


def _off_server(double: HetznerDouble, name: str = "web", **fields: object) -> dict[str, Any]:
    return double.server(name, start_after_create=False, **fields)


def _network(double: HetznerDouble) -> str:
    body = {
        "name": "net",
        "ip_range": "10.0.0.0/8",
        "subnets": [{"type": "cloud", "network_zone": "eu-central", "ip_range": "10.0.0.0/24"}],
    }
    return _thing("/networks", body)(double)


def _shown(double: HetznerDouble, path: str) -> dict[str, Any]:
    (shown,) = (value for key, value in double.get(path).items() if key != "meta")
    return dict(shown)


def _field(name: str, *within: str) -> Callable[[HetznerDouble, str], list[Any]]:
    def left(double: HetznerDouble, path: str) -> list[Any]:
        found = _shown(double, path)[name]
        for key in within:
            found = [one[key] for one in found]
        return list(found) if isinstance(found, list) else [found]

    return left


def _act(action: str, body: Callable[[int], dict[str, Any]]) -> Callable[[str, int], Any]:
    return lambda path, number: (f"{path}/actions/{action}", body(number))


def _subnet(number: int) -> dict[str, Any]:
    return {"type": "cloud", "network_zone": "eu-central", "ip_range": f"10.0.{number + 1}.0/24"}


def _route(number: int) -> dict[str, str]:
    return {"destination": f"192.168.{number}.0/24", "gateway": "10.0.0.2"}


def _rule(number: int) -> dict[str, Any]:
    return {
        "rules": [
            {"direction": "in", "protocol": "tcp", "port": str(80 + number), "source_ips": ["::/0"]}
        ]
    }


def _service(number: int) -> dict[str, Any]:
    check = {"protocol": "tcp", "port": 80, "interval": 15, "timeout": 10, "retries": 3}
    return {
        "protocol": "tcp",
        "listen_port": 8000 + number,
        "destination_port": 80,
        "proxyprotocol": False,
        "health_check": check,
    }


def _balancer(double: HetznerDouble) -> str:
    for number in range(CALLS):
        _off_server(double, f"web-{number}", labels={"n": str(number)})
    body = {"name": "front", "load_balancer_type": "lb21", "location": "fsn1"}
    return _thing("/load_balancers", body)(double)


def _target(number: int) -> dict[str, Any]:
    return {"type": "label_selector", "label_selector": {"selector": f"n={number}"}}


def _zone(double: HetznerDouble) -> str:
    path = _thing("/zones", {"name": "example.test", "mode": "primary"})(double)
    answer = double.post(
        f"{path}/rrsets", {"name": "www", "type": "A", "records": [{"value": "192.0.2.250"}]}
    )
    assert answer.is_success, answer.text
    return f"{path}/rrsets/www/A"


def _volume_with_servers(double: HetznerDouble) -> str:
    ids = [_off_server(double, f"web-{number}")["id"] for number in range(CALLS)]
    _servers[:] = ids
    body = {"name": "data", "size": 10, "location": "fsn1"}
    return _thing("/volumes", body)(double)


def _address_with_servers(double: HetznerDouble) -> str:
    net = {"enable_ipv4": False, "enable_ipv6": True}
    ids = [_off_server(double, f"web-{number}", public_net=net)["id"] for number in range(CALLS)]
    _servers[:] = ids
    return _thing("/primary_ips", {"name": "ip", "type": "ipv4", "location": "fsn1"})(double)


def _floating_ip_with_servers(double: HetznerDouble) -> str:
    _servers[:] = [_off_server(double, f"web-{number}")["id"] for number in range(CALLS)]
    return _thing("/floating_ips", {"type": "ipv4", "home_location": "fsn1"})(double)


_servers: list[int] = []


def _network_with_servers(double: HetznerDouble) -> str:
    _servers[:] = [_off_server(double, f"web-{number}")["id"] for number in range(CALLS)]
    return _network(double)


def _attach(path: str, number: int) -> tuple[str, dict[str, Any]]:
    body = {"network": int(path.rsplit("/", 1)[1])}
    return f"/servers/{_servers[number]}/actions/attach_to_network", body


def _server(double: HetznerDouble) -> str:
    return f"/servers/{_off_server(double)['id']}"


def _box(double: HetznerDouble) -> str:
    body = {
        "name": "box",
        "storage_box_type": "bx11",
        "location": "fsn1",
        "password": "Aa1-aaaaaaaaaaa",
    }
    return _thing("/storage_boxes", body)(double)


def _snapshot(double: HetznerDouble) -> str:
    answer = double.post(f"{_server(double)}/actions/create_image", {"type": "snapshot"})
    return f"/images/{answer.json()['image']['id']}"


def _names(path: str) -> Callable[[HetznerDouble, str], list[Any]]:
    return lambda double, _thing: [one["name"] for one in next(iter(double.get(path).values()))]


def _create(path: str, body: dict[str, Any]) -> Race:
    """Five things of one name: one of them is there."""
    return Race(
        f"POST {path} of one name",
        lambda _double: path,
        lambda _thing, _number: (path, body),
        _names(path),
        lambda _number: body["name"],
        single=True,
    )


RACES = (
    Race(
        "networks add_subnet",
        _network,
        _act("add_subnet", _subnet),
        _field("subnets", "ip_range"),
        lambda number: f"10.0.{number + 1}.0/24",
    ),
    Race(
        "networks add_route",
        _network,
        _act("add_route", _route),
        _field("routes", "destination"),
        lambda number: f"192.168.{number}.0/24",
    ),
    Race(
        "networks attach_to_network",
        _network_with_servers,
        _attach,
        _field("servers"),
        lambda number: _servers[number],
    ),
    Race(
        "firewalls set_rules",
        _thing("/firewalls", {"name": "fw"}),
        _act("set_rules", _rule),
        _field("rules", "port"),
        lambda number: str(80 + number),
        single=True,
    ),
    Race(
        "firewalls apply_to_resources",
        _thing("/firewalls", {"name": "fw"}),
        _act("apply_to_resources", lambda number: {"apply_to": [_target(number)]}),
        _field("applied_to", "label_selector", "selector"),
        lambda number: f"n={number}",
    ),
    Race(
        "load_balancers add_service",
        _balancer,
        _act("add_service", _service),
        _field("services", "listen_port"),
        lambda number: 8000 + number,
    ),
    Race(
        "load_balancers add_target",
        _balancer,
        _act("add_target", _target),
        _field("targets", "label_selector", "selector"),
        lambda number: f"n={number}",
    ),
    Race(
        "zones add_records",
        _zone,
        _act("add_records", lambda number: {"records": [{"value": f"192.0.2.{number}"}]}),
        _field("records", "value"),
        lambda number: f"192.0.2.{number}",
    ),
    Race(
        "zones rrsets of several names",
        lambda double: _zone(double).partition("/rrsets")[0],
        lambda path, number: (
            f"{path}/rrsets",
            {"name": f"n{number}", "type": "A", "records": [{"value": "192.0.2.1"}]},
        ),
        lambda double, path: [one["name"] for one in double.get(f"{path}/rrsets")["rrsets"]],
        lambda number: f"n{number}",
    ),
    Race(
        "zones change_ttl",
        lambda double: _zone(double).partition("/rrsets")[0],
        _act("change_ttl", lambda number: {"ttl": 100 + number}),
        _field("ttl"),
        lambda number: 100 + number,
        single=True,
    ),
    Race(
        "volumes attach",
        _volume_with_servers,
        lambda path, number: (f"{path}/actions/attach", {"server": _servers[number]}),
        _field("server"),
        lambda number: _servers[number],
        single=True,
        refusals=frozenset({(422, "resource_in_use")}),
    ),
    Race(
        "volumes resize",
        _thing("/volumes", {"name": "v", "size": 10, "location": "fsn1"}),
        _act("resize", lambda number: {"size": 20 + number}),
        _field("size"),
        lambda number: 20 + number,
        single=True,
        refusals=frozenset({(422, "invalid_input")}),
    ),
    Race(
        "primary_ips assign",
        _address_with_servers,
        lambda path, number: (
            f"{path}/actions/assign",
            {"assignee_type": "server", "assignee_id": _servers[number]},
        ),
        _field("assignee_id"),
        lambda number: _servers[number],
        single=True,
        refusals=frozenset({(422, "primary_ip_already_assigned")}),
    ),
    Race(
        "floating_ips assign",
        _floating_ip_with_servers,
        lambda path, number: (f"{path}/actions/assign", {"server": _servers[number]}),
        _field("server"),
        lambda number: _servers[number],
        single=True,
        refusals=frozenset({(422, "floating_ip_assigned")}),
    ),
    Race(
        "storage_boxes subaccounts",
        _box,
        lambda path, number: (
            f"{path}/subaccounts",
            {"home_directory": f"f{number}", "password": "Aa1-aaaaaaaaaaa"},
        ),
        lambda double, path: [
            one["home_directory"] for one in double.get(f"{path}/subaccounts")["subaccounts"]
        ],
        lambda number: f"f{number}",
    ),
    Race(
        "images change_protection",
        _snapshot,
        _act("change_protection", lambda _: {"delete": True}),
        lambda double, path: [_shown(double, path)["protection"]["delete"]],
        lambda _number: True,
        single=True,
    ),
    Race(
        "servers change_protection",
        _server,
        _act("change_protection", lambda _: {"delete": True, "rebuild": True}),
        lambda double, path: [_shown(double, path)["protection"]["rebuild"]],
        lambda _number: True,
        single=True,
    ),
    Race(
        "servers change_type",
        _server,
        _act(
            "change_type",
            lambda number: {
                "server_type": ("cx43", "cx53", "cpx42", "cpx52", "cpx62")[number],
                "upgrade_disk": False,
            },
        ),
        lambda double, path: [_shown(double, path)["server_type"]["name"]],
        lambda number: ("cx43", "cx53", "cpx42", "cpx52", "cpx62")[number],
        single=True,
        refusals=frozenset({(422, "server_not_stopped")}),
    ),
    Race(
        "storage_boxes update_access_settings",
        _box,
        _act("update_access_settings", lambda number: {_BOX_SETTINGS[number]: True}),
        lambda double, path: [
            name for name, on in _shown(double, path)["access_settings"].items() if on
        ],
        lambda number: _BOX_SETTINGS[number],
    ),
    _create("/networks", {"name": "net", "ip_range": "10.0.0.0/8"}),
    _create("/firewalls", {"name": "fw"}),
    _create("/volumes", {"name": "v", "size": 10, "location": "fsn1"}),
    _create("/primary_ips", {"name": "ip", "type": "ipv4", "location": "fsn1"}),
    _create("/floating_ips", {"name": "f", "type": "ipv4", "home_location": "fsn1"}),
    _create("/placement_groups", {"name": "group", "type": "spread"}),
    _create("/ssh_keys", {"name": "key", "public_key": PUBLIC_KEY}),
    _create("/zones", {"name": "example.test", "mode": "primary"}),
    _create("/certificates", {"name": "c", "type": "managed", "domain_names": ["a.test"]}),
    _create("/load_balancers", {"name": "lb", "load_balancer_type": "lb11", "location": "fsn1"}),
    _create(
        "/servers",
        {"name": "web", "server_type": "cx33", "image": "debian-12", "location": "fsn1"},
    ),
)

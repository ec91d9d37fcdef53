"""The whole program against mocks: what it would register, and how it is protected."""

from __future__ import annotations

import asyncio
import runpy
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx
import pulumi
import pulumi.runtime
import pytest
import respx
from google.protobuf import json_format
from pulumi.runtime import mocks as pulumi_mocks

from infra import state as stack_state
from infra.coolify import root_email
from infra.guard import unmanaged, unverified
from infra.ingress import zone
from tests.unit.infra.conftest import backend

if TYPE_CHECKING:
    from collections.abc import Callable

    Configure = Callable[..., None]

_MAIN = Path(__file__).parents[3] / "__main__.py"
_SERVED = ("urn:pulumi:test::nutri::hcloud:index/server:Server::server",)
_LAST_PAGE = {"meta": {"pagination": {"next_page": None}}}
_OUTPUTS = {
    "hcloud:index/server:Server": {"ipv4Address": "127.10.0.1", "ipv6Address": "2001:db8::1"},
    "hcloud:index/primaryIp:PrimaryIp": {"ipAddress": "127.10.0.1"},
    "hcloud:index/storageBox:StorageBox": {"username": "u1", "server": "u1.box.test"},
    "pulumi-python:dynamic/nutri:KeyPair": {"private_key": "PRIVATE", "public_key": "ssh-x AAAA"},
    "pulumi-python:dynamic/nutri:RandomSecret": {"value": "s" * 48},
    "pulumi-python:dynamic/coolify:Instance": {"server_uuid": "server", "version": "4.3.10"},
}


class _Mocks(pulumi_mocks.Mocks):
    def new_resource(
        self, args: pulumi_mocks.MockResourceArgs
    ) -> tuple[str | None, dict[Any, Any]]:
        return "42", {**args.inputs, **_OUTPUTS.get(args.typ, {})}

    def call(self, args: pulumi_mocks.MockCallArgs) -> Any:  # noqa: ANN401 - never answered
        raise AssertionError(f"no function is expected: {args.token}")


class _Monitor(pulumi_mocks.MockMonitor):
    """Keeps each registration whole, options and all."""

    def __init__(self) -> None:
        super().__init__(_Mocks())
        self.seen: dict[str, Any] = {}

    def RegisterResource(self, request: Any) -> Any:  # noqa: ANN401, N802 - gRPC's message and name
        self.seen[f"{request.type}::{request.name}"] = request
        return super().RegisterResource(request)  # type: ignore[no-untyped-call]


@pytest.fixture
def run(
    configure: Configure,
    hooks_register: None,  # noqa: ARG001 - a fixture cannot use another by mark
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[..., dict[str, Any]]:
    """Run `__main__.py` with changed config; returns the registrations by type and name."""

    def program(
        changes: dict[str, Any] | None = None,
        *,
        state: tuple[str, ...] = _SERVED,
        there: zone.Found | None = None,
    ) -> dict[str, Any]:
        configure(changes)
        monkeypatch.setattr(stack_state, "known_urns", lambda: frozenset(state))
        monkeypatch.setattr(unverified, "why", str)
        monkeypatch.setattr(unmanaged, "problems", lambda *_: [])
        monkeypatch.setattr(root_email, "problems", lambda _: [])
        monkeypatch.setattr(zone, "look", lambda _: there)
        monitor = _Monitor()
        asyncio.set_event_loop(asyncio.new_event_loop())  # a test before may have closed its own
        pulumi.runtime.settings.ROOT.set(None)  # a stack's own, or each guard would join the last
        pulumi.runtime.set_mocks(_Mocks(), "nutri", "test", monitor=monitor)
        with respx.mock(base_url="http://hetzner.test/v1", assert_all_called=False) as api:
            _catalogue(api)
            _run_main()
        return monitor.seen

    return program


def _catalogue(api: respx.Router) -> None:
    sold = {
        "name": "cx33",
        "cores": 4,
        "memory": 8,
        "disk": 80,
        "architecture": "x86",
        "locations": [{"name": "fsn1", "available": True}],
    }
    lists: dict[str, dict[str, Any]] = {
        "/locations": {"locations": [{"name": "fsn1"}]},
        "/server_types": {"server_types": [sold]},
        "/servers": {"servers": []},
        "/primary_ips": {"primary_ips": []},
    }
    for path, body in lists.items():
        api.get(path).mock(return_value=httpx.Response(200, json=body | _LAST_PAGE))


def _run_main() -> None:
    @pulumi_mocks.test  # type: ignore[untyped-decorator]
    def run_program() -> None:
        runpy.run_path(str(_MAIN))

    run_program()


def _options(seen: dict[str, Any], ending: str) -> Any:  # noqa: ANN401 - gRPC's message
    (found,) = [request for key, request in seen.items() if key.endswith(ending)]
    return found


def _plain(struct: Any) -> dict[str, Any]:  # noqa: ANN401 - gRPC's message
    """Return a protobuf struct as a dict, out of its wrapping as a secret where it has one."""
    value: dict[str, Any] = json_format.MessageToDict(struct)
    return dict(value.get("value", value))


def test_main_reads_as_a_table_of_contents() -> None:
    """The program's first page stays one page."""
    assert len(_MAIN.read_text(encoding="utf-8").splitlines()) <= 40


def test_what_would_lose_data_is_protected(run: Callable[..., dict[str, Any]]) -> None:
    """Server, addresses and zone cannot be deleted, in Pulumi and in Hetzner's API alike."""
    seen = run()
    for ending in ("Server::server", "PrimaryIp::ipv4", "PrimaryIp::ipv6", "Zone::zone"):
        request = _options(seen, ending)
        assert request.protect, ending
        assert request.object["deleteProtection"], ending
    server = _options(seen, "Server::server")
    assert server.object["rebuildProtection"]
    assert server.object["keepDisk"]
    assert server.object["backups"]
    assert not _options(seen, "PrimaryIp::ipv4").object["autoDelete"]


def test_addresses_are_held_once_there_was_a_server(run: Callable[..., dict[str, Any]]) -> None:
    """Before that they may have to follow it to another location, Hetzner's protection aside."""
    waiting = _options(run(state=()), "PrimaryIp::ipv4")
    assert not waiting.protect
    assert waiting.deleteBeforeReplace
    assert waiting.object["deleteProtection"]
    lost = "urn:pulumi:test::nutri::command:remote:Command::wait-for-boot"
    assert _options(run(state=(lost,)), "PrimaryIp::ipv4").protect


def test_what_would_lose_data_is_guarded(run: Callable[..., dict[str, Any]]) -> None:
    """Server, addresses, zone, keys and secrets go by an acknowledgement only."""
    seen = run({"nutri:acknowledge": ["ipv6:delete"]})
    for ending in ("Server::server", "PrimaryIp::ipv4", "Zone::zone", "KeyPair::deploy-key"):
        assert list(_options(seen, ending).hooks.before_delete) == ["guard:delete"], ending
        assert _options(seen, ending).deleteBeforeReplaceDefined, ending
    assert _options(seen, "PrimaryIp::ipv6").deleteBeforeReplace
    assert list(_options(seen, "Firewall::firewall").hooks.before_update) == ["guard:update"]


def test_first_boot_edits_cannot_replace_the_server(run: Callable[..., dict[str, Any]]) -> None:
    """Image, user data and SSH keys are looked at once, when the server is made."""
    server = _options(run(), "Server::server")
    assert sorted(server.ignoreChanges) == ["image", "sshKeys", "userData"]


def test_protection_ends_only_by_the_setting(run: Callable[..., dict[str, Any]]) -> None:
    """With `protect` false the server may be destroyed."""
    server = _options(run({"nutri:protect": False}), "Server::server")
    assert not server.protect
    assert not server.object["deleteProtection"]


def test_nothing_but_web_and_ssh_is_let_in(run: Callable[..., dict[str, Any]]) -> None:
    """Port 22 only from the configured networks; Coolify's ports from nowhere."""
    rules = _options(run(), "Firewall::firewall").object["rules"]
    let_in = {(r["protocol"], _plain(r).get("port", "")) for r in rules}
    assert let_in == {("icmp", ""), ("tcp", "22"), ("tcp", "80"), ("tcp", "443"), ("udp", "443")}
    (ssh,) = [_plain(r) for r in rules if _plain(r).get("port") == "22"]
    assert ssh["sourceIps"] == ["203.0.113.7/32"]


def test_each_replica_is_an_application_after_the_one_before(
    run: Callable[..., dict[str, Any]],
) -> None:
    """Three replicas are three applications in a chain, with equal labels."""
    seen = run(backend(replicas=3, memory="256MiB"))
    replicas = [_options(seen, f"Application::nutri-backend-{n}") for n in (1, 2, 3)]
    assert len({str(r.object["labels"]) for r in replicas}) == 1
    assert any("nutri-backend-2" in urn for urn in replicas[2].dependencies)
    assert not any(key.endswith("nutri-backend-4") for key in seen)


def test_what_lives_on_the_server_goes_with_it(run: Callable[..., dict[str, Any]]) -> None:
    """A dead server is not asked to delete its own applications."""
    seen = run()
    for ending in ("Application::nutri-backend-1", "Project::nutri", "Command::harden"):
        assert _options(seen, ending).deletedWith.endswith("Server::server"), ending


def test_contact_is_pinned(run: Callable[..., dict[str, Any]]) -> None:
    """Every step on the server checks the host key that was made beforehand."""
    steps = [request for key, request in run().items() if ":Command::" in key]
    assert len(steps) == 7
    for request in steps:
        assert _plain(request.object["connection"])["hostKey"] == "ssh-x AAAA"
        assert "sshpass" not in request.object["create"]


def test_secrets_are_no_part_of_a_command(run: Callable[..., dict[str, Any]]) -> None:
    """What a step runs is the same for everyone; its values come on standard input."""
    steps = [request for key, request in run().items() if ":Command::" in key]
    assert {request.object["create"] for request in steps} == {"bash -s"}
    assert not any("environment" in request.object for request in steps)


def test_a_step_needs_no_kindness_of_the_plugin(run: Callable[..., dict[str, Any]]) -> None:
    """Its server was looked at within a bound, and no long line can stop it."""
    for request in (one for key, one in run().items() if ":Command::" in key):
        assert request.object["logging"] == "none"
        waited = {
            urn.rpartition("::")[2] for urn in request.propertyDependencies["connection"].urns
        }
        assert "reachable" in waited


def test_names_are_taken_over_last(run: Callable[..., dict[str, Any]]) -> None:
    """Zone and records are another stack's: none is made, and none moves before all serve."""
    seen = run({"nutri:takeOverDns": True})
    assert not [key for key in seen if key.startswith("hcloud:index/zone")]
    moved = _options(seen, "TakenName::api-a")
    served = {one.rpartition("::")[2] for one in moved.dependencies}
    assert {"nutri-backend-1", "nutri-backend-2", "nutri-ml-service-1"} <= served


_DUMPS = {
    "nutri:dumps": True,
    "nutri:resticPassword": "a-restic-password",
    "nutri:databaseDirectUrl": "postgresql://postgres:secret@db.test/postgres",
}


def test_dumps_outlive_the_server(run: Callable[..., dict[str, Any]]) -> None:
    """Their Storage Box is protected, opened by a key of its own, and not where the server is."""
    seen = run(_DUMPS)
    box = _options(seen, "StorageBox::dump-box")
    assert box.protect
    assert box.object["deleteProtection"]
    assert box.object["location"] == "hel1"
    assert list(box.object["sshKeys"]) == ["ssh-x AAAA"]
    assert not box.deletedWith
    assert sorted(box.ignoreChanges) == ["location", "sshKeys"]


def test_services_wait_for_a_restored_database(run: Callable[..., dict[str, Any]]) -> None:
    """Only where a restore is asked for; and then the repository is never made anew."""
    seen = run(_DUMPS | {"nutri:restore": "latest"})
    service = _options(seen, "Application::nutri-backend-1")
    assert any("restore-latest" in urn for urn in service.dependencies)
    assert not any("restore-latest" in key for key in run(_DUMPS))


def test_a_repository_that_is_there_needs_no_box(run: Callable[..., dict[str, Any]]) -> None:
    """An SFTP host or a bucket of somebody else's."""
    there = {"nutri:dumpRepository": "sftp://u2@old.test:23/nutri", "nutri:dumpSshKey": "KEY"}
    seen = run(_DUMPS | there)
    assert not any("StorageBox" in key for key in seen)


_ML_TWO = {"nutri-ml-service": {"replicas": 2}}
_TWO = {"nutri:servers": 2, "nutri:services": _ML_TWO}


def test_one_server_stays_what_it_was(run: Callable[..., dict[str, Any]]) -> None:
    """With more servers the first one's registration is the same, byte by byte."""
    one, two = _options(run(), "Server::server"), _options(run(_TWO), "Server::server")
    assert one.object == two.object
    assert one.parent == two.parent
    assert not any("LoadBalancer" in key or "Network" in key for key in run())


def test_a_further_server_is_no_keeper(run: Callable[..., dict[str, Any]]) -> None:
    """Nothing on it has to be kept, its web ports are shut, and it waits for the one before."""
    seen = run(_TWO)
    member = _options(seen, "server:Server::server-2")
    assert not member.protect
    assert not _plain(member.object).get("backups")
    assert any(urn.endswith("::server") for urn in member.dependencies)
    rules = _options(seen, "Firewall::members-firewall").object["rules"]
    assert {_plain(r).get("port", "") for r in rules} == {"", "22"}
    assert _options(seen, "PlacementGroup::placement-group").object["type"] == "spread"


def test_each_server_has_a_replica_of_each_service(run: Callable[..., dict[str, Any]]) -> None:
    """In turn; those on a further server know its machine, and all go with Coolify's server."""
    seen = run({**_TWO, "nutri:services": {**_ML_TWO, "nutri-backend": {"replicas": 3}}})
    machines = {
        name: "machine" in _plain(_options(seen, f"Application::{name}").object)
        for name in ("nutri-backend-1", "nutri-backend-2", "nutri-backend-3", "nutri-ml-service-2")
    }
    assert list(machines.values()) == [False, True, False, True]
    for name in machines:
        assert _options(seen, f"Application::{name}").deletedWith.endswith("::server")


def test_names_lead_to_the_balancer_once_all_is_there(run: Callable[..., dict[str, Any]]) -> None:
    """DNS waits for the rotation, the rotation for every replica; then what moved goes."""
    seen = run(_TWO)
    record = _options(seen, "ZoneRrset::api-a")
    assert any(urn.endswith("Rotation::rotation") for urn in record.dependencies)
    rotation = _options(seen, "Rotation::rotation")
    assert any("Application::nutri-backend-2" in urn for urn in rotation.dependencies)
    settled = _options(seen, "Replicas::nutri-backend")
    assert any(urn.endswith("ZoneRrset::api-a") for urn in settled.dependencies)


def test_coolify_comes_to_further_servers_by_the_private_network(
    run: Callable[..., dict[str, Any]],
) -> None:
    """With a key of its own, that is good from its own address only."""
    seen = run(_TWO)
    server = _plain(_options(seen, "coolify:Server::server-2").object)
    assert server["ip"] == "10.44.0.12"
    stdin = str(_plain(_options(seen, "Command::admit-coolify-2").object)["stdin"])
    assert 'from="10.44.0.11" ssh-x AAAA' in stdin


def test_a_zone_that_was_there_gets_records_alone(run: Callable[..., dict[str, Any]]) -> None:
    """It is no resource: what is in it outlives the stack."""
    seen = run(there=zone.Found("nutri.test", "primary", (), frozenset()))
    assert not [key for key in seen if key.startswith("hcloud:index/zone:")]
    record = _plain(seen["hcloud:index/zoneRrset:ZoneRrset::api-a"].object)
    assert (record["zone"], record["name"]) == ("nutri.test", "api")


def test_a_zone_of_another_stack_gets_records_alone(run: Callable[..., dict[str, Any]]) -> None:
    """Beta's names are below its own domain, in the zone that production made."""
    seen = run({"nutri:domain": "beta.nutri.test", "nutri:zone": "nutri.test"})
    assert not [key for key in seen if key.startswith("hcloud:index/zone:")]
    record = _plain(_options(seen, "ZoneRrset::api-a").object)
    assert (record["zone"], record["name"]) == ("nutri.test", "api.beta")
    own = _plain(_options(run(), "ZoneRrset::api-a").object)
    assert (own["zone"], own["name"]) == ("nutri.test", "api")

"""Zones and their record sets, and that the name server serves exactly those."""

from __future__ import annotations

import asyncio
import socket
from typing import TYPE_CHECKING, Any

import dns.exception
import dns.flags
import dns.message
import dns.query
import dns.rcode
import dns.reversename
import pytest
from hcloud.zones import ZoneRecord

from localcloud.dns.server import NameServer
from localcloud.server import zones_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.contract.hetzner_double import HetznerDouble

_ZONE = "/zones/nutri.test"


@pytest.fixture
def zone(hetzner: HetznerDouble) -> dict[str, Any]:
    """A fresh zone."""
    answer = hetzner.post("/zones", {"name": "nutri.test", "mode": "primary"})
    assert answer.status_code == 201, answer.text
    return dict(answer.json()["zone"])


@pytest.fixture
def name_server(hetzner: HetznerDouble) -> Iterator[int]:
    """The name server of the double, on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    server = NameServer(lambda: zones_of(hetzner.cloud), port)
    asyncio.run_coroutine_threadsafe(server.start(), hetzner.loop).result(5)
    yield port
    asyncio.run_coroutine_threadsafe(server.stop(), hetzner.loop).result(5)


def _records(hetzner: HetznerDouble, rrset: str) -> list[str]:
    found = hetzner.get(f"{_ZONE}/rrsets/{rrset}")["rrset"]["records"]
    return [record["value"] for record in found]


def _serial(hetzner: HetznerDouble) -> int:
    return int(_records(hetzner, "@/SOA")[0].split()[2])


def _add(hetzner: HetznerDouble, name: str, kind: str, *values: str) -> None:
    body = {"name": name, "type": kind, "records": [{"value": value} for value in values]}
    answer = hetzner.post(f"{_ZONE}/rrsets", body)
    assert answer.status_code == 201, answer.text


def test_new_zone_has_soa_and_name_servers(hetzner: HetznerDouble, zone: dict[str, Any]) -> None:
    """A zone begins with its SOA and the vendor's three name servers, and is found by name."""
    assert zone["record_count"] == 4
    names = zone["authoritative_nameservers"]["assigned"]
    assert _records(hetzner, "@/NS") == names
    assert hetzner.get(_ZONE)["zone"]["id"] == zone["id"]
    assert [one["id"] for one in hetzner.get(f"{_ZONE}/rrsets")["rrsets"]] == ["@/NS", "@/SOA"]


@pytest.mark.parametrize(
    "name", ["Nutri.test", "api.nutri.test", "test", "nutri.test.", "a_b.test"]
)
def test_only_registrable_domains_are_zones(hetzner: HetznerDouble, name: str) -> None:
    """Subdomains, upper case and single labels are refused."""
    answer = hetzner.post("/zones", {"name": name, "mode": "primary"})
    assert hetzner.error(answer) == (422, "invalid_input")


@pytest.mark.usefixtures("zone")
def test_zone_is_unique_and_guarded(hetzner: HetznerDouble) -> None:
    """A second zone of the name is refused, and a protected one stays."""
    twice = hetzner.post("/zones", {"name": "nutri.test", "mode": "primary"})
    assert hetzner.error(twice) == (409, "uniqueness_error")
    hetzner.post(f"{_ZONE}/actions/change_protection", {"delete": True})
    assert hetzner.error(hetzner.http.delete(_ZONE)) == (423, "protected")
    hetzner.post(f"{_ZONE}/actions/change_protection", {"delete": False})
    gone = hetzner.http.delete(_ZONE)
    assert (gone.status_code, gone.json()["action"]["command"]) == (201, "delete_zone")
    assert hetzner.error(hetzner.http.get(_ZONE)) == (404, "not_found")


@pytest.mark.usefixtures("zone")
def test_records_come_and_go(hetzner: HetznerDouble) -> None:
    """Add creates and extends, set replaces, remove of the last record deletes."""
    actions = f"{_ZONE}/rrsets/api/A/actions"
    for value in ("192.0.2.1", "192.0.2.2"):
        added = hetzner.post(f"{actions}/add_records", {"records": [{"value": value}]})
        assert added.json()["action"]["command"] == "add_rrset_records"
    assert _records(hetzner, "api/A") == ["192.0.2.1", "192.0.2.2"]
    hetzner.post(f"{actions}/set_records", {"records": [{"value": "192.0.2.3", "comment": "c"}]})
    assert _records(hetzner, "api/A") == ["192.0.2.3"]
    stranger = hetzner.post(f"{actions}/remove_records", {"records": [{"value": "192.0.2.9"}]})
    assert hetzner.error(stranger) == (422, "invalid_input")
    hetzner.post(f"{actions}/remove_records", {"records": [{"value": "192.0.2.3"}]})
    assert hetzner.error(hetzner.http.get(f"{_ZONE}/rrsets/api/A")) == (404, "not_found")


@pytest.mark.usefixtures("zone")
def test_every_change_of_records_grows_the_serial(hetzner: HetznerDouble) -> None:
    """Secondary name servers would notice each change."""
    serials = [_serial(hetzner)]
    _add(hetzner, "api", "A", "192.0.2.1")
    serials.append(_serial(hetzner))
    hetzner.post(f"{_ZONE}/rrsets/api/A/actions/change_ttl", {"ttl": 60})
    serials.append(_serial(hetzner))
    hetzner.http.delete(f"{_ZONE}/rrsets/api/A")
    serials.append(_serial(hetzner))
    assert serials == sorted(set(serials))


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("A", "192.0.2.300"),
        ("A", "2001:db8::1"),
        ("AAAA", "192.0.2.1"),
        ("TXT", "unquoted"),
        ("MX", "mail.nutri.test."),
        ("SPF", '"v=spf1"'),
    ],
)
@pytest.mark.usefixtures("zone")
def test_values_have_to_fit_their_type(hetzner: HetznerDouble, kind: str, value: str) -> None:
    """A record that could not be served is refused."""
    body = {"name": "x", "type": kind, "records": [{"value": value}]}
    assert hetzner.error(hetzner.post(f"{_ZONE}/rrsets", body)) == (422, "invalid_input")


@pytest.mark.parametrize(
    "change",
    [
        {"name": "API"},
        {"name": "api."},
        {"records": []},
        {"records": [{"value": "192.0.2.1"}, {"value": "192.0.2.1"}]},
        {"ttl": 59},
        {"name": "www"},
        {"name": "@", "type": "CNAME", "records": [{"value": "a.test."}]},
        {"colour": "red"},
    ],
)
@pytest.mark.usefixtures("zone")
def test_wrong_record_sets_are_refused(hetzner: HetznerDouble, change: dict[str, Any]) -> None:
    """Names, duplicates, TTLs, aliases beside other records, unknown properties."""
    _add(hetzner, "www", "CNAME", "api.nutri.test.")
    body = {"name": "api", "type": "A", "records": [{"value": "192.0.2.1"}]} | change
    assert hetzner.error(hetzner.post(f"{_ZONE}/rrsets", body)) == (422, "invalid_input")


@pytest.mark.usefixtures("zone")
def test_protected_record_set_stays_as_it_is(hetzner: HetznerDouble) -> None:
    """Neither change nor deletion gets past `protection.change`."""
    _add(hetzner, "api", "A", "192.0.2.1")
    path = f"{_ZONE}/rrsets/api/A"
    hetzner.post(f"{path}/actions/change_protection", {"change": True})
    records = {"records": [{"value": "192.0.2.2"}]}
    for action, body in (
        ("set_records", records),
        ("add_records", records),
        ("remove_records", {"records": [{"value": "192.0.2.1"}]}),
        ("change_ttl", {"ttl": 60}),
    ):
        refused = hetzner.post(f"{path}/actions/{action}", body)
        assert hetzner.error(refused) == (423, "protected")
    assert hetzner.error(hetzner.http.delete(path)) == (423, "protected")
    assert _records(hetzner, "api/A") == ["192.0.2.1"]


@pytest.mark.usefixtures("zone")
def test_official_client_works_on_records(hetzner: HetznerDouble) -> None:
    """The vendor's client creates, comments, labels and lists record sets."""
    zone = hetzner.client.zones.get("nutri.test")

    made = zone.create_rrset(name="txt", type="TXT", records=[ZoneRecord('"hello"')])
    made.action.wait_until_finished()
    made.rrset.update_rrset_records([ZoneRecord('"hello"', "why")]).wait_until_finished()
    zone.update_rrset(made.rrset, labels={"a": "b"})
    found = zone.get_rrset("txt", "TXT")
    assert found.labels == {"a": "b"}
    assert [one.comment for one in found.records or []] == ["why"]
    assert [one.id for one in zone.get_rrset_all(type=["TXT"])] == ["txt/TXT"]


@pytest.mark.usefixtures("zone")
def test_zone_file_round_trip(hetzner: HetznerDouble) -> None:
    """What is exported can be imported and means the same."""
    _add(hetzner, "api", "A", "192.0.2.1", "192.0.2.2")
    _add(hetzner, "@", "MX", "10 mail.nutri.test.")
    _add(hetzner, "txt", "TXT", '"a b" "c"')
    before = hetzner.get(f"{_ZONE}/rrsets?per_page=100")["rrsets"]
    text = hetzner.get(f"{_ZONE}/zonefile")["zonefile"]
    hetzner.http.delete(f"{_ZONE}/rrsets/api/A")
    imported = hetzner.post(f"{_ZONE}/actions/import_zonefile", {"zonefile": text})
    assert imported.json()["action"]["command"] == "import_zonefile"
    after = hetzner.get(f"{_ZONE}/rrsets?per_page=100")["rrsets"]
    kept = [{one["id"]: (one["records"], one["ttl"]) for one in sets} for sets in (before, after)]
    for sets in kept:
        sets.pop("@/SOA")  # its serial moved on
    assert kept[0] == kept[1]
    broken = hetzner.post(f"{_ZONE}/actions/import_zonefile", {"zonefile": "what?"})
    assert hetzner.error(broken) == (422, "invalid_input")


def test_secondary_zone_has_no_records_here(hetzner: HetznerDouble) -> None:
    """Its record sets are elsewhere, and it can be pointed elsewhere again."""
    servers = [{"address": "192.0.2.53", "port": 53}]
    body = {"name": "second.test", "mode": "secondary", "primary_nameservers": servers}
    assert hetzner.post("/zones", body).json()["zone"]["primary_nameservers"] == servers
    refused = hetzner.http.get("/zones/second.test/rrsets")
    assert hetzner.error(refused) == (422, "incorrect_zone_mode")
    path = "/zones/second.test/actions/change_primary_nameservers"
    assert hetzner.post(path, {"primary_nameservers": []}).status_code == 201


@pytest.mark.usefixtures("zone")
def test_name_server_serves_what_the_api_holds(hetzner: HetznerDouble, name_server: int) -> None:
    """A record is resolvable, over UDP and TCP, the moment it is there, and gone with it."""
    question = dns.message.make_query("api.nutri.test", "A")
    empty = dns.query.udp(question, "127.0.0.1", port=name_server, timeout=2)
    assert empty.rcode() == dns.rcode.NXDOMAIN
    _add(hetzner, "api", "A", "192.0.2.1")
    for ask in (dns.query.udp, dns.query.tcp):
        answer = ask(question, "127.0.0.1", port=name_server, timeout=2)
        assert [str(one) for one in answer.answer[0]] == ["192.0.2.1"]
        assert answer.flags & dns.flags.AA
    hetzner.http.delete(_ZONE)
    gone = dns.query.udp(question, "127.0.0.1", port=name_server, timeout=2)
    assert gone.rcode() == dns.rcode.REFUSED


def test_name_server_knows_reverse_names(hetzner: HetznerDouble, name_server: int) -> None:
    """`dns_ptr` of a server is what a PTR question finds."""
    server = hetzner.server()
    path = f"/servers/{server['id']}/actions/change_dns_ptr"
    ipv6 = server["public_net"]["ipv6"]["ip"].removesuffix("/64") + "1"
    for ip in (hetzner.ipv4(), ipv6):
        hetzner.post(path, {"ip": ip, "dns_ptr": "web.nutri.test"})
        question = dns.message.make_query(dns.reversename.from_address(ip), "PTR")
        answer = dns.query.udp(question, "127.0.0.1", port=name_server, timeout=2)
        assert str(answer.answer[0][0]) == "web.nutri.test."


@pytest.mark.usefixtures("zone")
def test_a_domain_that_is_not_delegated_is_not_found(
    hetzner: HetznerDouble, name_server: int
) -> None:
    """The zone is there, and the world is not led to it until the registrar names our servers."""
    _add(hetzner, "api", "A", "127.10.0.1")
    question = dns.message.make_query("api.nutri.test.", "A")
    hetzner.turn("PATCH", "/knobs", {"delegated": False})
    refused = dns.query.udp(question, "127.0.0.1", timeout=5, port=name_server)
    assert (refused.rcode(), refused.answer) == (dns.rcode.REFUSED, [])
    hetzner.turn("PATCH", "/knobs", {"delegated": True})
    answer = dns.query.udp(question, "127.0.0.1", timeout=5, port=name_server)
    assert answer.answer[0][0].to_text() == "127.10.0.1"


@pytest.mark.usefixtures("zone")
def test_a_name_server_may_be_silent(hetzner: HetznerDouble, name_server: int) -> None:
    """Not refused: there is no answer at all, as with a network that is gone."""
    _add(hetzner, "api", "A", "127.10.0.1")
    question = dns.message.make_query("api.nutri.test.", "A")
    hetzner.turn("PATCH", "/knobs", {"dns": "silent"})
    with pytest.raises(dns.exception.Timeout):
        dns.query.udp(question, "127.0.0.1", timeout=0.3, port=name_server)
    hetzner.turn("PATCH", "/knobs", {"dns": "answers"})
    assert dns.query.udp(question, "127.0.0.1", timeout=5, port=name_server).answer

"""What the name server answers, question by question, without a socket."""

from __future__ import annotations

import pytest
from dnslib import DNSRecord

from localcloud.dns.answers import UDP_BYTES, answer
from localcloud.hetzner.zones.models import Zone
from localcloud.hetzner.zones.records import Record, RRSet

_SOA = "ns.test. mail.test. 2026010100 86400 10800 3600000 300"


def _set(name: str, kind: str, *values: str, ttl: int | None = None) -> RRSet:
    return RRSet(name, kind, tuple(Record(value) for value in values), ttl)


ZONE = Zone(
    id=1,
    name="nutri.test",
    created="",
    rrsets=(
        _set("@", "SOA", _SOA),
        _set("@", "NS", "ns.test."),
        _set("@", "A", "192.0.2.1"),
        _set("@", "MX", "10 mail.nutri.test."),
        _set("@", "CAA", '0 issue "letsencrypt.org"'),
        _set("api", "A", "192.0.2.2", "192.0.2.3", ttl=60),
        _set("api", "AAAA", "2001:db8::2"),
        _set("www", "CNAME", "api"),
        _set("far", "CNAME", "elsewhere.test."),
        _set("loop", "CNAME", "loop.nutri.test."),
        _set("*", "A", "192.0.2.9"),
        _set("a.deep", "TXT", '"x"'),
        _set("big", "TXT", *(f'"{number:03}{"x" * 60}"' for number in range(20))),
        _set("sub", "NS", "ns.sub.test."),
    ),
)
INNER = Zone(id=2, name="api.nutri.test", created="", rrsets=(_set("@", "SOA", _SOA),))


def _ask(name: str, kind: str = "A", *zones: Zone) -> DNSRecord:
    packet = answer(DNSRecord.question(name, kind).pack(), zones or (ZONE,))
    assert packet is not None
    return DNSRecord.parse(packet)


def _values(reply: DNSRecord) -> list[str]:
    return [str(resource.rdata) for resource in reply.rr]


@pytest.mark.parametrize(
    ("name", "kind", "values"),
    [
        ("nutri.test", "A", ["192.0.2.1"]),
        ("NUTRI.test", "A", ["192.0.2.1"]),
        ("nutri.test", "SOA", [_SOA]),
        ("nutri.test", "NS", ["ns.test."]),
        ("nutri.test", "MX", ["10 mail.nutri.test."]),
        ("nutri.test", "CAA", ['0 issue "letsencrypt.org"']),
        ("api.nutri.test", "A", ["192.0.2.2", "192.0.2.3"]),
        ("api.nutri.test", "AAAA", ["2001:db8::2"]),
        ("www.nutri.test", "A", ["api.nutri.test.", "192.0.2.2", "192.0.2.3"]),
        ("far.nutri.test", "A", ["elsewhere.test."]),
        ("any.nutri.test", "A", ["192.0.2.9"]),
        ("a.deep.nutri.test", "TXT", ['"x"']),
    ],
)
def test_answers(name: str, kind: str, values: list[str]) -> None:
    """Records, aliases and wildcards are answered with authority."""
    reply = _ask(name, kind)
    assert [value.split() for value in _values(reply)] == [value.split() for value in values]
    assert (reply.header.rcode, reply.header.aa) == (0, 1)


def test_ttl_is_the_record_sets_or_the_zones() -> None:
    """A record set without a TTL takes the zone's."""
    assert _ask("api.nutri.test").rr[0].ttl == 60
    assert _ask("nutri.test").rr[0].ttl == 3600


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("x.api.nutri.test", "A", 3),
        ("api.nutri.test", "MX", 0),
        ("deep.nutri.test", "A", 0),
        ("any.nutri.test", "AAAA", 0),
    ],
)
def test_negative_answers_carry_the_soa(name: str, kind: str, rcode: int) -> None:
    """No such name, no such type, a name between others: each with the SOA and its minimum."""
    reply = _ask(name, kind)
    assert (reply.header.rcode, reply.rr) == (rcode, [])
    assert [resource.ttl for resource in reply.auth] == [300]


def test_foreign_names_are_refused() -> None:
    """Neither other domains nor look-alikes are answered."""
    for name in ("example.com", "xnutri.test", "test"):
        reply = _ask(name)
        assert (reply.header.rcode, reply.header.aa) == (5, 0)


def test_most_specific_zone_answers() -> None:
    """A zone below another one takes its names over."""
    assert _ask("api.nutri.test", "A", ZONE, INNER).rr == []


def test_delegated_names_are_referred() -> None:
    """Below an NS record set the answer is a referral, without authority."""
    reply = _ask("x.sub.nutri.test")
    assert (reply.rr, reply.header.aa) == ([], 0)
    assert [str(resource.rdata) for resource in reply.auth] == ["ns.sub.test."]


def test_alias_to_itself_ends() -> None:
    """A loop of aliases is cut, not followed for ever."""
    assert set(_values(_ask("loop.nutri.test"))) == {"loop.nutri.test."}


def test_large_answer_is_truncated_over_udp_only() -> None:
    """What does not fit a datagram says so, so that the client comes back over TCP."""
    question = DNSRecord.question("big.nutri.test", "TXT").pack()
    short, whole = answer(question, (ZONE,), UDP_BYTES), answer(question, (ZONE,))
    assert short is not None
    assert whole is not None
    assert DNSRecord.parse(short).header.tc == 1
    assert len(short) <= UDP_BYTES
    assert len(DNSRecord.parse(whole).rr) == 20


def test_garbage_is_survived() -> None:
    """Noise gets a format error or silence, never an exception; answers are not answered."""
    assert answer(b"", (ZONE,)) is None
    broken = answer(b"\x12\x34" + b"\xff" * 30, (ZONE,))
    assert broken is None or broken[:2] == b"\x12\x34"
    reply = answer(DNSRecord.question("nutri.test").pack(), (ZONE,))
    assert reply is not None
    assert answer(reply, (ZONE,)) is None

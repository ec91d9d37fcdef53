"""What an authoritative name server says to a question. No I/O."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from dnslib import CLASS, OPCODE, QTYPE, RCODE, RR, DNSHeader, DNSRecord
from dnslib.dns import DNSError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from localcloud.hetzner.zones.models import Zone
    from localcloud.hetzner.zones.records import RRSet

UDP_BYTES = 512
_MAX_ALIASES = 8


@dataclass(frozen=True)
class Finding:
    """Record sets to answer with, and how it went."""

    answers: tuple[RR, ...] = ()
    authority: tuple[RR, ...] = ()
    rcode: int = RCODE.NOERROR
    authoritative: bool = True


REFUSED = Finding(rcode=RCODE.REFUSED, authoritative=False)
"""The answer about names that are none of ours."""


def answer(packet: bytes, zones: Iterable[Zone], limit: int | None = None) -> bytes | None:
    """The answer to a packet, cut to `limit` bytes; None for what is no question at all."""
    try:
        query = DNSRecord.parse(packet)
    except DNSError:
        return _format_error(packet)
    if query.header.qr:
        return None
    reply = DNSRecord(
        DNSHeader(id=query.header.id, qr=1, aa=0, ra=0, rd=query.header.rd), q=query.q
    )
    finding = _respond(query, zones)
    reply.header.rcode, reply.header.aa = finding.rcode, int(finding.authoritative)
    reply.add_answer(*finding.answers)
    reply.add_auth(*finding.authority)
    packed: bytes = reply.pack()
    if limit is not None and len(packed) > max(limit, _accepted_bytes(query)):
        packed = reply.truncate().pack()
    return packed


def _respond(query: DNSRecord, zones: Iterable[Zone]) -> Finding:
    if query.header.opcode != OPCODE.QUERY:
        return Finding(rcode=RCODE.NOTIMP, authoritative=False)
    if len(query.questions) != 1:
        return Finding(rcode=RCODE.FORMERR, authoritative=False)
    if query.q.qclass != CLASS.IN:
        return REFUSED
    name = str(query.q.qname).rstrip(".").lower()
    zone = _zone_of(name, zones)
    return REFUSED if zone is None else _look_up(zone, name, str(QTYPE.get(query.q.qtype)))


def _zone_of(name: str, zones: Iterable[Zone]) -> Zone | None:
    """The most specific zone a name is in."""
    holders = [one for one in zones if name == one.name or name.endswith(f".{one.name}")]
    return max(holders, key=lambda zone: len(zone.name), default=None)


def _look_up(zone: Zone, name: str, kind: str) -> Finding:
    answers: list[RR] = []
    for _ in range(_MAX_ALIASES):
        relative = "@" if name == zone.name else name.removesuffix(f".{zone.name}")
        delegation = _delegation(zone, relative)
        if delegation:
            return Finding(tuple(answers), tuple(_resources(zone, delegation)), authoritative=False)
        sets = _sets_at(zone, relative)
        found = [one for one in sets if kind in {one.type, "ANY"}]
        alias = next((one for one in sets if one.type == "CNAME"), None)
        for rrset in found or ([alias] if alias else []):
            answers += _resources(zone, rrset, name)
        if found or alias is None:
            exists = bool(sets) or _exists(zone, relative)
            return _finding(zone, tuple(answers), bool(found), exists)
        name = _target(alias, zone)
        if name != zone.name and not name.endswith(f".{zone.name}"):
            return Finding(tuple(answers))
    return Finding(tuple(answers))


def _finding(zone: Zone, answers: tuple[RR, ...], found: bool, exists: bool) -> Finding:
    if found:
        return Finding(answers)
    rcode = RCODE.NOERROR if exists else RCODE.NXDOMAIN
    return Finding(answers, tuple(_start_of(zone)), rcode)


def _sets_at(zone: Zone, relative: str) -> list[RRSet]:
    """The record sets of a name, or those of the wildcard that covers it."""
    here = [one for one in zone.rrsets if one.name == relative]
    if here or _exists(zone, relative):
        return here
    parent = relative
    while parent != "@":
        parent = parent.partition(".")[2] or "@"
        star = "*" if parent == "@" else f"*.{parent}"
        covered = [one for one in zone.rrsets if one.name == star]
        if covered:
            return covered
        if _exists(zone, parent):
            return []
    return []


def _exists(zone: Zone, relative: str) -> bool:
    """Whether a name has records, or names below it: then it exists without any."""
    return any(one.name == relative or one.name.endswith(f".{relative}") for one in zone.rrsets)


def _delegation(zone: Zone, relative: str) -> RRSet | None:
    """The NS records, below the zone's own, of the part a name was given away with."""
    while relative != "@":
        for rrset in zone.rrsets:
            if rrset.type == "NS" and rrset.name == relative:
                return rrset
        relative = relative.partition(".")[2] or "@"
    return None


def _target(alias: RRSet, zone: Zone) -> str:
    value = alias.records[0].value.lower()
    return value.rstrip(".") if value.endswith(".") else f"{value}.{zone.name}"


def _resources(zone: Zone, rrset: RRSet, name: str | None = None) -> Iterator[RR]:
    owner = name or _absolute(zone, rrset.name)
    for record in rrset.records:
        yield _resource(owner, rrset.ttl or zone.ttl, rrset.type, record.value, zone.name)


def _start_of(zone: Zone) -> Iterator[RR]:
    """The SOA for a negative answer; its TTL is how long that may be remembered."""
    for rrset in zone.rrsets:
        if rrset.type == "SOA":
            value = rrset.records[0].value
            ttl = min(rrset.ttl or zone.ttl, int(value.split()[-1]))
            yield _resource(zone.name, ttl, "SOA", value, zone.name)


def _absolute(zone: Zone, relative: str) -> str:
    return zone.name if relative == "@" else f"{relative}.{zone.name}"


@lru_cache(maxsize=4096)
def _resource(owner: str, ttl: int, kind: str, value: str, origin: str) -> RR:
    return RR.fromZone(f"{owner}. {ttl} IN {kind} {value}", origin=f"{origin}.")[0]


def _accepted_bytes(query: DNSRecord) -> int:
    """How much the client takes over UDP, if it says so."""
    return max((int(one.rclass) for one in query.ar if one.rtype == QTYPE.OPT), default=0)


def _format_error(packet: bytes) -> bytes | None:
    if len(packet) < 2:  # noqa: PLR2004 not even an id to answer to
        return None
    header = DNSHeader(id=int.from_bytes(packet[:2]), qr=1, rcode=RCODE.FORMERR)
    packed: bytes = DNSRecord(header).pack()
    return packed

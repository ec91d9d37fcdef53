"""Record sets: what may be written into one, and zone files."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from dnslib import QTYPE, RR

from localcloud.hetzner.errors import InvalidInputError

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_NAME = re.compile(rf"@|\*|(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")
_ALONE = "CNAME"


@dataclass(frozen=True)
class Record:
    """One value of a record set."""

    value: str
    comment: str | None = None


@dataclass(frozen=True)
class RRSet:
    """All records of a name and type."""

    name: str
    """Relative to the zone; @ is the zone itself."""
    type: str
    records: tuple[Record, ...]
    ttl: int | None = None
    """Seconds; None takes the zone's."""
    change_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    @property
    def id(self) -> str:
        """How the API calls it."""
        return f"{self.name}/{self.type}"


def check_rrset(rrset: RRSet) -> None:
    """Raise InvalidInputError unless name and records can be served."""
    if not _NAME.fullmatch(rrset.name):
        raise InvalidInputError.field("name", f"{rrset.name!r} is no lower-case record name")
    if not rrset.records:
        raise InvalidInputError.field("records", "at least one record is needed")
    if len({record.value for record in rrset.records}) < len(rrset.records):
        raise InvalidInputError.field("records", "the records have to be distinct")
    if rrset.type in {_ALONE, "SOA"} and len(rrset.records) > 1:
        raise InvalidInputError.field("records", f"{rrset.type} takes one record only")
    if rrset.type == _ALONE and rrset.name == "@":
        raise InvalidInputError.field("type", "the zone itself cannot be a CNAME")
    for record in rrset.records:
        _check_value(rrset.type, record.value)


def check_together(rrsets: tuple[RRSet, ...]) -> None:
    """Raise InvalidInputError where a name is an alias and something else."""
    aliases = {one.name for one in rrsets if one.type == _ALONE}
    others = {one.name for one in rrsets if one.type != _ALONE}
    for name in aliases & others:
        raise InvalidInputError.field("name", f"{name!r} cannot be a CNAME and have other records")


def parse_zonefile(text: str, zone: str, ttl: int) -> tuple[RRSet, ...]:
    """The record sets of a zone file; those with the zone's `ttl` inherit it.

    Raises InvalidInputError.
    """
    try:
        resources = RR.fromZone(text, origin=f"{zone}.", ttl=0)
    except Exception as error:  # noqa: BLE001 dnslib raises whatever the text trips over
        raise InvalidInputError.field("zonefile", f"cannot be read: {error}") from None
    sets: dict[tuple[str, str], RRSet] = {}
    for resource in resources:
        name, kind = _relative(str(resource.rname), zone), _type_of(resource)
        record = Record(_value(resource))
        known = sets.get((name, kind))
        records = (*known.records, record) if known else (record,)
        sets[name, kind] = RRSet(
            name, kind, records, resource.ttl if resource.ttl not in {0, ttl} else None
        )
    for rrset in sets.values():
        check_rrset(rrset)
    return tuple(sets.values())


def zonefile(zone: str, ttl: int, rrsets: tuple[RRSet, ...]) -> str:
    """The zone as a file."""
    lines = [f"$ORIGIN {zone}.", f"$TTL {ttl}"]
    for rrset in rrsets:
        seconds = f"{rrset.ttl} " if rrset.ttl else ""
        lines += [f"{rrset.name} {seconds}IN {rrset.type} {one.value}" for one in rrset.records]
    return "\n".join(lines) + "\n"


def _check_value(kind: str, value: str) -> None:
    if kind == "TXT" and not re.fullmatch(r'("([^"\\]|\\.)*"\s*)+', value):
        raise InvalidInputError.field("records", f"TXT value {value!r} has to be quoted")
    try:
        parsed = RR.fromZone(f"x.test. 60 IN {kind} {value}")
    except Exception:  # noqa: BLE001 dnslib raises whatever the value trips over
        parsed = []
    if len(parsed) != 1:
        raise InvalidInputError.field("records", f"{value!r} is no value of a {kind} record")


def _relative(name: str, zone: str) -> str:
    name = name.rstrip(".").lower()
    if name == zone:
        return "@"
    if not name.endswith(f".{zone}"):
        raise InvalidInputError.field("zonefile", f"{name!r} is not in the zone")
    return name.removesuffix(f".{zone}")


def _value(resource: RR) -> str:
    if resource.rtype == QTYPE.TXT:  # dnslib would put commas between the strings
        return " ".join(f'"{part.decode()}"' for part in resource.rdata.data)
    return str(resource.rdata)


def _type_of(resource: RR) -> str:
    return str(QTYPE[resource.rtype])

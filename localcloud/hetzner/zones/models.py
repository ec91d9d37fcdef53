"""Zones and their rules."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.catalogue import find
from localcloud.hetzner.errors import (
    InvalidInputError,
    NotFoundError,
    ProtectedError,
    UniquenessError,
)
from localcloud.hetzner.zones.errors import IncorrectZoneModeError
from localcloud.hetzner.zones.records import (
    Record,
    RRSet,
    check_rrset,
    check_together,
)

if TYPE_CHECKING:
    from localcloud.hetzner.cloud import Cloud

NAMESERVERS = ("hydrogen.ns.hetzner.com.", "oxygen.ns.hetzner.com.", "helium.ns.hetzner.de.")
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
# The vendor takes a public suffix plus one label. The list of suffixes is long; two labels, or
# three where the middle one is a usual second level, is what it comes to here.
_NAME = re.compile(rf"{_LABEL}\.(?:(?:ac|co|com|edu|gov|net|org)\.)?{_LABEL}")


@dataclass(frozen=True)
class Zone:
    """A domain with all of its records."""

    id: int
    name: str
    created: str
    ttl: int = 3600
    mode: str = "primary"
    rrsets: tuple[RRSet, ...] = ()
    primary_nameservers: tuple[dict[str, str | int], ...] = ()
    delete_protection: bool = False
    labels: dict[str, str] = field(default_factory=dict)

    def rrset(self, name: str, kind: str) -> RRSet | None:
        """The record set of a name and type, or None."""
        for rrset in self.rrsets:
            if (rrset.name, rrset.type) == (name, kind):
                return rrset
        return None


class Zones:
    """All zones."""

    def __init__(self, cloud: Cloud) -> None:
        self._cloud = cloud
        self._table = cloud.state.table("zone", Zone)

    def all(self) -> list[Zone]:
        """Every zone."""
        return list(self._table)

    def get(self, key: str) -> Zone:
        """The zone by id or name; raises NotFoundError."""
        zone = find(self._table, key)
        if zone is None:
            raise NotFoundError.thing("zone", key)
        return zone

    def primary(self, key: str) -> Zone:
        """A zone whose records are here; raises IncorrectZoneModeError."""
        zone = self.get(key)
        if zone.mode != "primary":
            raise IncorrectZoneModeError("the zone is a secondary one")
        return zone

    def create(self, zone: Zone) -> Zone:
        """Add a zone; a primary one gets its SOA and NS records."""
        if not _NAME.fullmatch(zone.name):
            raise InvalidInputError.field("name", f"{zone.name!r} is no registrable domain")
        if any(other.name == zone.name for other in self._table):
            raise UniquenessError("zone name is already used", "name")
        if zone.mode == "primary":
            given = tuple(one for one in zone.rrsets if one.type != "SOA")
            own = {(one.name, one.type) for one in given}
            made = tuple(one for one in self._first_sets() if (one.name, one.type) not in own)
            zone = replace(zone, rrsets=made + given)
        self._check(zone)
        return self._table.put(zone)

    def change(self, number: int, **fields: object) -> Zone:
        """Change fields that are no records."""
        return self._table.put(replace(self._by_id(number), **fields))  # type: ignore[arg-type]

    def check_deletable(self, zone: Zone) -> None:
        """Raise ProtectedError where it may not be deleted."""
        if zone.delete_protection:
            raise ProtectedError("Zone deletion is protected")

    def delete(self, number: int) -> None:
        """Forget a zone."""
        self._table.drop(number)

    def rrset(self, zone: Zone, name: str, kind: str) -> RRSet:
        """The record set; raises NotFoundError."""
        rrset = zone.rrset(name, kind)
        if rrset is None:
            raise NotFoundError.thing("rrset", f"{name}/{kind}")
        return rrset

    def check_new(self, zone: Zone, rrset: RRSet) -> None:
        """Raise an error unless the record set may be added."""
        if zone.rrset(rrset.name, rrset.type):
            raise UniquenessError("rrset with this name and type already exists", "name")
        self._check(replace(zone, rrsets=(*zone.rrsets, rrset)))

    def check_changed(self, zone: Zone, rrset: RRSet) -> None:
        """Raise an error unless the record set may become this."""
        self.check_changeable(zone, rrset.name, rrset.type)
        kept = tuple(one for one in zone.rrsets if one.id != rrset.id)
        self._check(replace(zone, rrsets=(*kept, rrset)))

    def check_changeable(self, zone: Zone, name: str, kind: str) -> None:
        """Raise ProtectedError where a record set may not be changed."""
        rrset = zone.rrset(name, kind)
        if rrset and rrset.change_protection:
            raise ProtectedError("RRSet change is protected")

    def put(self, number: int, rrset: RRSet) -> None:
        """Add or replace a record set."""
        zone = self._by_id(number)
        if rrset.type == "SOA":
            rrset = self._with_serial(rrset, zone)
        if zone.rrset(rrset.name, rrset.type):
            sets = tuple(rrset if one.id == rrset.id else one for one in zone.rrsets)
        else:
            sets = (*zone.rrsets, rrset)
        self._table.put(replace(zone, rrsets=self._bumped(sets)))

    def drop(self, number: int, name: str, kind: str) -> None:
        """Remove a record set."""
        zone = self._by_id(number)
        sets = tuple(one for one in zone.rrsets if (one.name, one.type) != (name, kind))
        self._table.put(replace(zone, rrsets=self._bumped(sets)))

    def replace_all(self, number: int, rrsets: tuple[RRSet, ...]) -> None:
        """Replace all records but SOA with others."""
        zone = self._by_id(number)
        soa = tuple(one for one in zone.rrsets if one.type == "SOA")
        others = tuple(one for one in rrsets if one.type != "SOA")
        self._table.put(replace(zone, rrsets=self._bumped(soa + others)))

    def _by_id(self, number: int) -> Zone:
        return self.get(str(number))

    def _check(self, zone: Zone) -> None:
        for rrset in zone.rrsets:
            check_rrset(rrset)
        check_together(zone.rrsets)

    def _first_sets(self) -> tuple[RRSet, ...]:
        serial = f"{self._cloud.clock.now():%Y%m%d}00"
        soa = f"{NAMESERVERS[0]} dns.hetzner.com. {serial} 86400 10800 3600000 3600"
        names = tuple(Record(name) for name in NAMESERVERS)
        return RRSet("@", "SOA", (Record(soa),)), RRSet("@", "NS", names)

    def _bumped(self, rrsets: tuple[RRSet, ...]) -> tuple[RRSet, ...]:
        return tuple(self._next_soa(one) if one.type == "SOA" else one for one in rrsets)

    def _with_serial(self, soa: RRSet, zone: Zone) -> RRSet:
        """An SOA somebody sets, with the serial that is there: that is the API's alone."""
        known = zone.rrset(soa.name, "SOA")
        if known is None:
            return soa
        fields = soa.records[0].value.split()
        fields[2] = known.records[0].value.split()[2]
        return replace(soa, records=(replace(soa.records[0], value=" ".join(fields)),))

    def _next_soa(self, soa: RRSet) -> RRSet:
        """The SOA with a new serial, YYYYMMDDnn; it only ever grows."""
        fields = soa.records[0].value.split()
        today = int(f"{self._cloud.clock.now():%Y%m%d}00")
        fields[2] = str(max(int(fields[2]) + 1, today))
        return replace(soa, records=(replace(soa.records[0], value=" ".join(fields)),))

"""Bodies of requests about zones and record sets."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from localcloud.hetzner.http import Body, ClosedBody, Labels
from localcloud.hetzner.zones.records import Record, RRSet

Ttl = Annotated[int, Field(ge=60, le=2**31 - 1)]
Kind = Literal[
    "A", "AAAA", "CAA", "CNAME", "DS", "HINFO", "HTTPS", "MX",
    "NS", "PTR", "RP", "SOA", "SRV", "SVCB", "TLSA", "TXT",
]  # fmt: skip
"""Types of records there are."""


class RecordBody(ClosedBody):
    """One record."""

    value: str
    comment: str | None = None

    @property
    def record(self) -> Record:
        """The record itself."""
        return Record(self.value, self.comment or None)


Records = Annotated[tuple[RecordBody, ...], Field(min_length=1, max_length=50)]


class CreateRRSet(ClosedBody):
    """POST /zones/{zone}/rrsets."""

    name: str
    type: Kind
    records: Annotated[tuple[RecordBody, ...], Field(min_length=1)]
    ttl: Ttl | None = None
    labels: Labels = Field(default_factory=dict)

    @property
    def rrset(self) -> RRSet:
        """The record set itself."""
        records = tuple(one.record for one in self.records)
        return RRSet(self.name, self.type, records, self.ttl, labels=self.labels)


class Create(Body):
    """POST /zones."""

    name: str
    mode: Literal["primary", "secondary"]
    ttl: Ttl = 3600
    labels: Labels = Field(default_factory=dict)
    primary_nameservers: tuple[dict[str, str | int], ...] = ()
    rrsets: tuple[CreateRRSet, ...] | None = None
    zonefile: str | None = None


class Update(Body):
    """PUT /zones/{zone}."""

    labels: Labels | None = None


class UpdateRRSet(ClosedBody):
    """PUT /zones/{zone}/rrsets/{name}/{type}."""

    labels: Labels | None = None


class ZoneTtl(Body):
    """POST /zones/{zone}/actions/change_ttl."""

    ttl: Ttl


class ZoneProtection(Body):
    """POST /zones/{zone}/actions/change_protection."""

    delete: bool


class ZoneFile(Body):
    """POST /zones/{zone}/actions/import_zonefile."""

    zonefile: str


class PrimaryNameservers(Body):
    """POST /zones/{zone}/actions/change_primary_nameservers."""

    primary_nameservers: tuple[dict[str, str | int], ...]


class SetTtl(ClosedBody):
    """POST of a record set's change_ttl."""

    ttl: Ttl | None


class SetProtection(ClosedBody):
    """POST of a record set's change_protection."""

    change: bool


class SetRecords(ClosedBody):
    """POST of a record set's set_records and remove_records."""

    records: Records


class AddRecords(ClosedBody):
    """POST of a record set's add_records."""

    records: Records
    ttl: Ttl | None = None

"""An archive's table of contents, and which way each entry goes into a database."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from agent.dumps import vendor

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from agent.dumps.manifest import Manifest

_ENTRY = re.compile(r"^(?P<id>\d+); \d+ \d+ (?P<what>.*)$")
# Of several words; a kind of one word needs no listing.
_KINDS = (
    "ACCESS METHOD", "BLOB METADATA", "CHECK CONSTRAINT", "DATABASE PROPERTIES", "DEFAULT ACL",
    "EVENT TRIGGER", "FK CONSTRAINT", "FOREIGN DATA WRAPPER", "FOREIGN SERVER", "FOREIGN TABLE",
    "INDEX ATTACH", "MATERIALIZED VIEW DATA", "MATERIALIZED VIEW", "OPERATOR CLASS",
    "OPERATOR FAMILY", "PROCEDURAL LANGUAGE", "PUBLICATION TABLES IN SCHEMA", "PUBLICATION TABLE",
    "ROW SECURITY", "SECURITY LABEL", "SEQUENCE OWNED BY", "SEQUENCE SET", "SHELL TYPE",
    "SUBSCRIPTION TABLE", "TABLE ATTACH", "TABLE DATA", "TEXT SEARCH CONFIGURATION",
    "TEXT SEARCH DICTIONARY", "TEXT SEARCH PARSER", "TEXT SEARCH TEMPLATE", "USER MAPPING",
)  # fmt: skip
# Of the database as a whole: a managed server may refuse them, and has its vendor's own.
_GLOBAL = frozenset({
    "ACCESS METHOD", "DEFAULT ACL", "EVENT TRIGGER", "FOREIGN DATA WRAPPER",
    "PROCEDURAL LANGUAGE", "PUBLICATION", "PUBLICATION TABLE", "PUBLICATION TABLES IN SCHEMA",
    "SECURITY LABEL", "SERVER", "USER MAPPING",
})  # fmt: skip
_BEFORE = frozenset({"ACCESS METHOD", "FOREIGN DATA WRAPPER", "PROCEDURAL LANGUAGE", "SERVER",
                     "USER MAPPING"})  # fmt: skip
_ABOUT = re.compile(
    rf"^({'|'.join(sorted(_GLOBAL - {'DEFAULT ACL'}, key=len, reverse=True))}) (.*)$"
)
ALONE = frozenset({"FK CONSTRAINT", "FOREIGN TABLE", "VIEW", "MATERIALIZED VIEW"})
"""What may lean on something that the target has not, and is tried alone then."""
_NAMING = frozenset({"COMMENT", "ACL"})
"""Kinds whose tag begins with the kind of what they are about."""


@dataclass(frozen=True)
class Entry:
    """One line of the contents."""

    line: str
    kind: str
    schema: str
    tag: str
    owner: str

    @property
    def what(self) -> str:
        """As it is told."""
        place = "" if self.schema == "-" else f"{self.schema}."
        return f"{self.kind.lower()} {place}{self.tag}"


@dataclass
class Ways:
    """The entries by how they are brought."""

    main: list[Entry] = field(default_factory=list)
    """In one go; a single failure ends the restore."""
    before: list[Entry] = field(default_factory=list)
    """Tried one by one before that."""
    after: list[Entry] = field(default_factory=list)
    """Tried one by one after that."""
    grants: list[Entry] = field(default_factory=list)
    passed: list[str] = field(default_factory=list)
    """The vendor's, by their kind and name."""
    lost: list[str] = field(default_factory=list)
    """Of the app's, and not brought, with the reason."""


def parse(lines: Iterable[str], schemas: Iterable[str], roles: Iterable[str]) -> Iterator[Entry]:
    """Read `pg_restore --list`: known names tell its unquoted ones apart."""
    known = sorted({"-", "public", *schemas}, key=len, reverse=True)
    owners = sorted(roles, key=len, reverse=True)
    for line in lines:
        found = _ENTRY.match(line)
        if found:
            yield _entry(line, found["what"], known, owners)


def before_rows(entries: Sequence[Entry]) -> int:
    """How many of the entries come before the first that has rows, or the like."""
    kinds = ("TABLE DATA", "SEQUENCE SET", "BLOB")
    return next((n for n, one in enumerate(entries) if one.kind.startswith(kinds)), len(entries))


def _entry(line: str, what: str, schemas: Sequence[str], owners: Sequence[str]) -> Entry:
    kind = next((k for k in _KINDS if what.startswith(f"{k} ")), what.split(" ", 1)[0])
    rest = what[len(kind) + 1 :]
    schema = next((s for s in schemas if rest.startswith(f"{s} ")), rest.split(" ", 1)[0])
    rest = rest[len(schema) + 1 :]
    owner = next((o for o in owners if rest.endswith(f" {o}")), rest.rpartition(" ")[2])
    kind = "SERVER" if kind == "FOREIGN SERVER" else kind
    return Entry(line, kind, schema, rest[: len(rest) - len(owner)].rstrip(), owner)


def sort(entries: Iterable[Entry], found: Manifest, leaning: Mapping[tuple[str, str], str]) -> Ways:
    """Decide on each entry; `leaning` are those that cannot be, with the reason."""
    ways = Ways()
    tried = {(one["schema"], one["tag"]) for one in (*found.keys, *found.loose)}
    for entry in entries:
        passed = _passed(entry, found)
        # A constraint's tag begins with its table's name.
        lost = leaning.get((entry.schema, entry.tag.rpartition(" ")[2])) or _lost(entry)
        if passed is not None:
            ways.passed += [f"{entry.what}: {passed}"] if passed else []
        elif lost is not None:
            ways.lost.append(f"{entry.what}: {lost}")
        elif entry.kind == "ACL":
            ways.grants.append(entry)
        elif _global_kind(entry) is not None:
            (ways.before if _global_kind(entry) in _BEFORE else ways.after).append(entry)
        elif entry.kind in ALONE and (entry.schema, entry.tag) in tried:
            ways.after.append(entry)
        else:
            ways.main.append(entry)
    # A key into the vendor's tables is tried before what is told of it.
    ways.after.sort(key=lambda one: one.kind in {"COMMENT", "SECURITY LABEL"})
    return ways


def _global_kind(entry: Entry) -> str | None:
    """The kind, of the entry or of what a comment is on, where that is of the whole database."""
    if entry.kind in _GLOBAL:
        return entry.kind
    about = _ABOUT.match(entry.tag) if entry.kind in _NAMING and entry.schema == "-" else None
    return about[1] if about else None


def _lost(entry: Entry) -> str | None:
    if entry.kind.startswith("SUBSCRIPTION"):
        return "a restored database must not follow another one by itself"
    return None


def _passed(entry: Entry, found: Manifest) -> str | None:
    """Why an entry is not brought; empty where that goes without saying."""
    if _goes_without_saying(entry, found):
        return ""
    if entry.schema in found.managed:
        return "the vendor's, by its schema"
    return _of_the_vendor(entry)


def _goes_without_saying(entry: Entry, found: Manifest) -> bool:
    """What is made in another way, or is there in every database."""
    if entry.kind in {"COMMENT", "SECURITY LABEL"}:
        return entry.tag == "SCHEMA public" or entry.tag.startswith(("EXTENSION ", "DATABASE "))
    if entry.kind == "SCHEMA":
        return entry.tag in {"public", *found.managed}
    return entry.kind in {"EXTENSION", "DATABASE", "DATABASE PROPERTIES"}


def _of_the_vendor(entry: Entry) -> str | None:
    """By owner and kind: only what belongs to the database as a whole."""
    kind = _global_kind(entry)
    if kind is None:
        return None
    if kind.startswith("PUBLICATION") and entry.kind not in _NAMING:
        name = entry.tag.split(" ", 1)[0]
        if name.startswith(vendor.PUBLICATION_PREFIX):
            return "" if kind != "PUBLICATION" else "the vendor's, by its name"
        return "the vendor's, by its owner" if vendor.is_role(entry.owner) else None
    if vendor.is_role(entry.owner) and entry.kind != "USER MAPPING":
        return f"the vendor's, by its owner {entry.owner}"
    return None

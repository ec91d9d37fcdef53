"""A dump's way into a database: SQL through psql, committed once every byte has proven good."""

from __future__ import annotations

import os
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO, TYPE_CHECKING, Any

from agent.dumps import carrying, emptying, roles, standins, toc, transaction
from agent.dumps.archive import CHUNK
from agent.dumps.errors import CorruptDumpError, DumpError
from agent.dumps.postgres import OWN_SCHEMA, client, identifier, literal
from agent.dumps.running import Filter, Stream
from agent.dumps.statements import Guard

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from agent.dumps.archive import Dumps
    from agent.dumps.manifest import Manifest
    from agent.dumps.postgres import Database
    from agent.dumps.restic import Snapshot
    from agent.dumps.toc import Entry, Ways
    from agent.dumps.transaction import Psql

# It may be all that is left of a database whose tables are lost, and the dump brings its own.
_WITHOUT_OURS = f"drop schema if exists {OWN_SCHEMA} cascade;\n"
# Dumps that have no catalogue yet left this out, so that nothing would bring it back.
_NOT_IN_OLD_DUMPS = ("supabase_migrations",)
_META = ("\\restrict ", "\\unrestrict ")


@dataclass(frozen=True)
class Source:
    """One dump: its manifest, roles and catalogue, and its archive's table of contents."""

    dumps: Dumps
    snapshot: Snapshot
    found: Manifest
    roles: str
    catalogue: dict[str, Any]
    head: str
    """A file with the beginning of the archive."""
    listed: tuple[str, ...]

    def text(self, entries: Sequence[Entry], options: Sequence[str] = ()) -> str:
        """The SQL of entries that are no data."""
        with _chosen(entries) as chosen:
            command = [client("pg_restore", self.found.major), "--file=-", *options]
            reader = Stream([*command, f"--use-list={chosen}", self.head], os.environ)
            text = reader.pipe.read().decode()
            reader.end()
        return "".join(
            line for line in text.splitlines(keepends=True) if not line.startswith(_META)
        )


@dataclass(frozen=True)
class Target:
    """Where a dump goes."""

    database: Database
    user: str
    is_super: bool
    offered: frozenset[str]
    """Extensions its server has."""
    replace: bool = False
    """Whether the app's data there go for it."""
    stands_in: bool = False
    """Whether it is a scratch database, which has nothing of the vendor's."""

    @property
    def options(self) -> list[str]:
        """Only a superuser may give objects to others; else all is the user's own."""
        return [] if self.is_super else ["--no-owner"]


@dataclass(frozen=True)
class Loaded:
    """What was not brought, and what else there is to tell."""

    missing_extensions: tuple[str, ...]
    not_restored: tuple[str, ...]
    passed: tuple[str, ...]
    """The vendor's."""
    notes: tuple[str, ...]


def target(database: Database, *, replace: bool, stands_in: bool) -> Target:
    """Ask a database what it can take."""
    user, is_super = database.sql(
        "select current_user, rolsuper from pg_roles where rolname = current_user;"
    ).split("|")
    offered = database.json("select json_agg(name) from pg_available_extensions;") or []
    return Target(database, user, is_super == "t", frozenset(offered), replace, stands_in)


@contextmanager
def source(dumps: Dumps, snapshot: Snapshot, found: Manifest) -> Iterator[Source]:
    """Read what is needed of a dump before its data; raises CorruptDumpError."""
    texts = dumps.roles(snapshot), dumps.catalogue(snapshot)
    with tempfile.NamedTemporaryFile(suffix=".toc") as head:
        listed = _listed(dumps, found, head)
        yield Source(dumps, snapshot, found, *texts, head.name, tuple(listed.splitlines()))


def load(given: Source, into: Target) -> Loaded:
    """Load a dump.

    Raises:
        CorruptDumpError: the dump is not whole; nothing was committed.
        DumpError: the target refused; nothing was committed.
    """
    ways = _ways(given, into)
    printed: list[str] = []
    with transaction.speaking(into.database, printed) as psql:
        _write(given, into, ways, psql)
    lost, notes = transaction.report(printed[0])
    missing = tuple(e["name"] for e in given.found.extensions if e["name"] not in into.offered)
    return Loaded(missing, (*ways.lost, *lost), tuple(ways.passed), tuple(notes))


def _write(given: Source, into: Target, ways: Ways, psql: Psql) -> None:
    script = transaction.Script()
    psql.write(script.begin)
    psql.write(roles.script(given.roles, into.database))
    kept = () if given.catalogue else _NOT_IN_OLD_DUMPS
    psql.write(emptying.script(into.database, kept) if into.replace else _WITHOUT_OURS)
    psql.write(_extensions(given.found, into))
    if into.stands_in:
        for what, sql in standins.statements(given.catalogue, into.offered):
            psql.write(transaction.tried(f"stand-in for {what}", sql))
    if any(one.kind == "DEFAULT ACL" and one.owner == into.user for one in ways.after):
        psql.write(emptying.without_defaults())
    for entry in ways.before:
        psql.write(transaction.tried(entry.what, given.text([entry], into.options)))
    carrying.carry(given.dumps, given.snapshot, given.found, psql)
    psql.write("set client_min_messages = error;\n")
    _bring(given, into, ways.main, psql)
    for line in _afterwards(given, into, ways):
        psql.write(line)
    psql.write(transaction.counted(given.found.tables))
    psql.write(script.end)


def _bring(given: Source, into: Target, entries: Sequence[Entry], psql: Psql) -> None:
    """Bring the app's objects and rows; checks by its own functions once all rows are there."""
    checks, tables = given.found.checks, 0
    if checks:
        tables = toc.before_rows(entries)
        text = _found_by_path(given.text(entries[:tables], into.options).encode(), given.found)
        guard = Guard()
        psql.pipe.write(guard.passed(text))
        guard.end()
    for one in checks:
        psql.write(
            f"alter table {one['table']} drop constraint if exists {identifier(one['name'])};\n"
        )
    _copy_sql(given, into, entries[tables:], psql.pipe)
    for one in checks:
        name = identifier(one["name"])
        sql = f"alter table {one['table']} add constraint {name} {one['sql']}"
        psql.write(transaction.tried(f"check {one['name']} on {one['table']}", sql))


def _found_by_path(text: bytes, found: Manifest) -> bytes:
    """Let functions find what they do not name in full: pg_restore has them find nothing."""
    if not found.search_path:
        return text
    own = f"set_config('search_path', {literal(found.search_path)}, false)".encode()
    return text.replace(b"set_config('search_path', '', false)", own, 1)


def _ways(given: Source, into: Target) -> Ways:
    known = {*roles.names(given.roles), into.user, "pg_database_owner"}
    schemas = {*given.found.schemas, *given.found.managed}
    leaning = {
        (
            one["schema"],
            one["name"],
        ): f"it needs the extension {one['extension']}, which is not here"
        for one in given.catalogue.get("leaning", ())
        if one["extension"] not in into.offered
    }
    ways = toc.sort(toc.parse(given.listed, schemas, known), given.found, leaning)
    others = {one.owner for one in ways.main} - {into.user, "pg_database_owner", ""}
    if others and not into.is_super:
        ways.lost += [f"ownership of {one}: all is {into.user}'s now" for one in sorted(others)]
    return ways


def _extensions(found: Manifest, into: Target) -> str:
    """Statements that bring the extensions the target's server has."""
    lines = []
    for one in found.extensions:
        if one["name"] not in into.offered:
            continue
        schema, name = identifier(one["schema"]), identifier(one["name"])
        if one["schema"] != "pg_catalog":
            lines.append(
                transaction.tried(f"schema {schema}", f"create schema if not exists {schema}")
            )
        statement = f"create extension if not exists {name} with schema {schema}"
        lines.append(transaction.tried(f"extension {one['name']}", statement))
    return "".join(lines)


def _afterwards(given: Source, into: Target, ways: Ways) -> Iterator[str]:
    """What may fail alone: grants, keys into the vendor's tables, what hangs on these, the rest."""
    for statement in _statements(given.text(ways.grants, into.options) if ways.grants else ""):
        yield transaction.tried(statement.rstrip(";"), statement)
    for entry in ways.after:
        if entry.kind in toc.ALONE:
            yield transaction.tried(entry.what, given.text([entry], into.options))
    for one in given.found.hanging:
        if one["sql"] is None:
            yield transaction.told(one["what"], "it has no name to make it anew by")
        else:
            sql = one["sql"].replace("{database}", identifier(into.database.name))
            yield transaction.tried(one["what"], sql)
    for entry in ways.after:
        if entry.kind not in toc.ALONE:
            yield transaction.tried(entry.what, given.text([entry], into.options))


def _statements(text: str) -> Iterator[str]:
    """The grants of a text; whoever granted them there, here it is the user at work."""
    half = ""
    for line in text.splitlines():
        if not half and not line.startswith(("GRANT ", "REVOKE ", "ALTER DEFAULT ")):
            continue
        half = f"{half}\n{line}" if half else line
        if half.endswith(";") and half.count('"') % 2 == 0:
            yield half
            half = ""


def _copy_sql(given: Source, into: Target, entries: Sequence[Entry], pipe: IO[bytes]) -> None:
    """Turn an archive into SQL, on its way into a pipe."""
    command = [client("pg_restore", given.found.major), "--single-transaction", "--file=-"]
    pieces = given.dumps.archive(given.found)
    with (
        _chosen(entries) as chosen,
        Filter([*command, f"--use-list={chosen}", *into.options], pieces) as sql,
    ):
        held, guard = _found_by_path(sql.read(CHUNK), given.found), Guard()
        while piece := sql.read(CHUNK):
            held += piece
            pipe.write(guard.passed(held[: -transaction.TAIL]))
            held = held[-transaction.TAIL :]
        try:
            sql.end()
        except CorruptDumpError:
            raise
        except DumpError as error:
            raise CorruptDumpError(f"its archive cannot be read: {error}") from None
    pipe.write(guard.passed(transaction.without_end(held)))
    guard.end()


@contextmanager
def _chosen(entries: Sequence[Entry]) -> Iterator[str]:
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write("".join(f"{one.line}\n" for one in entries))
        chosen.flush()
        yield chosen.name


def _listed(dumps: Dumps, found: Manifest, head: Any) -> str:  # noqa: ANN401 - a file
    """The archive's table of contents; `head` gets as much of it as holds that."""
    reader = Stream([client("pg_restore", found.major), "--list"], os.environ, writes=True)
    pieces = dumps.archive(found)
    try:
        for piece in pieces:
            head.write(piece)
            reader.pipe.write(piece)
    except BrokenPipeError:  # it hangs up once it has read enough
        pass
    finally:
        pieces.close()
    head.flush()
    try:
        return reader.end()
    except DumpError as error:
        raise CorruptDumpError(f"its contents cannot be listed: {error}") from None

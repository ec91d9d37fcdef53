"""A dump's way into a database: SQL through psql, committed once every byte has proven good."""

from __future__ import annotations

import os
import re
import tempfile
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from infra.dumper import contents
from infra.dumper.archive import CHUNK, feed
from infra.dumper.errors import CorruptDumpError, DumpError
from infra.dumper.postgres import OWN_SCHEMA, PSQL, client, identifier
from infra.dumper.running import Filter, Stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from infra.dumper.archive import Dumps
    from infra.dumper.manifest import Manifest
    from infra.dumper.postgres import Database
    from infra.dumper.restic import Snapshot

_ENTRY = re.compile(r"^\d+; \d+ \d+ (?P<what>.*)$")
_NOT_RESTORED = re.compile(r"EXTENSION |COMMENT - EXTENSION|SCHEMA - public\b|SUBSCRIPTION ")
_CREATE_ROLE = re.compile(r"CREATE ROLE (?P<name>\S+);")


# It may be all that is left of a database whose tables are lost, and the dump brings its own.
_WITHOUT_OURS = f"drop schema if exists {OWN_SCHEMA} cascade;"


def load(
    dumps: Dumps, snapshot: Snapshot, found: Manifest, database: Database, *, replace: bool
) -> tuple[str, ...]:
    """Load a dump; returns the extensions it had that the target's server does not.

    Raises:
        CorruptDumpError: the dump is not whole; the target is as it was.
        DumpError: the target refused; it is as it was.
    """
    make_roles(dumps.roles(snapshot), database)
    there, missing = _extensions(found, database)
    with tempfile.NamedTemporaryFile("w", suffix=".list") as chosen:
        chosen.write(_contents(dumps, found))
        chosen.flush()
        gone = _emptied(database) if replace else [_WITHOUT_OURS]
        begin = "\n".join(["begin;", *gone, *there, ""])
        options = [f"--use-list={chosen.name}", *_owners(database)]
        _load(dumps, found, database, begin, options)
    return missing


def _owners(database: Database) -> list[str]:
    """Only a superuser may give objects to others; else all is the user's own."""
    is_super = database.sql("select rolsuper from pg_roles where rolname = current_user;")
    return [] if is_super == "t" else ["--no-owner"]


def _load(
    dumps: Dumps, found: Manifest, database: Database, begin: str, options: Sequence[str]
) -> None:
    target = Stream(PSQL, database.environment(), writes=True)
    try:
        target.pipe.write(begin.encode())
        _copy_sql(dumps.archive(found), found.major, options, target.pipe)
        target.pipe.write(b"\ncommit;\n")
    except BrokenPipeError:
        pass  # it refused, and says why
    except BaseException:
        target.kill()  # without `commit` nothing has happened
        raise
    try:
        target.end()
    except DumpError as error:
        raise DumpError(f"{database.place} refused the dump, and is as it was: {error}") from None


def _copy_sql(pieces: Iterator[bytes], major: int, options: Sequence[str], into: IO[bytes]) -> None:
    """Turn an archive into SQL, on its way into a pipe."""
    with Filter([client("pg_restore", major), "--file=-", *options], pieces) as sql:
        while piece := sql.read(CHUNK):
            into.write(piece)
        try:
            sql.end()
        except CorruptDumpError:
            raise
        except DumpError as error:
            raise CorruptDumpError(f"its archive cannot be read: {error}") from None


def _contents(dumps: Dumps, found: Manifest) -> str:
    """The archive's table of contents, but for what the target has or makes by itself."""
    command = [client("pg_restore", found.major), "--list"]
    reader = Stream(command, os.environ, writes=True)
    pieces = dumps.archive(found)
    with suppress(BrokenPipeError):  # it hangs up once it has read enough
        feed(pieces, reader.pipe.write)
    pieces.close()
    try:
        listed = reader.end()
    except DumpError as error:
        raise CorruptDumpError(f"its contents cannot be listed: {error}") from None
    return "\n".join(_chosen(listed.splitlines())) + "\n"


def _chosen(lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        entry = _ENTRY.match(line)
        if entry and not _NOT_RESTORED.match(entry["what"]):
            yield line


def make_roles(text: str, database: Database) -> None:
    """Make the roles of a dump that the target lacks; a managed server refuses some, its own."""
    listed = database.json("select json_agg(rolname) from pg_roles;") or []
    there = set(listed)
    new = {m["name"].strip('"') for m in map(_CREATE_ROLE.match, text.splitlines()) if m}
    new = {name for name in new - there if not name.startswith("pg_")}
    for name in sorted(new):
        with suppress(DumpError):
            database.sql(f"create role {identifier(name)};")
    for line in text.splitlines():
        words = line.rstrip(";").replace('"', "").split()
        if words[:2] == ["ALTER", "ROLE"] and words[2] in new:
            with suppress(DumpError):  # such as SUPERUSER, which only a superuser may give
                database.sql(line)
        if words[:1] == ["GRANT"] and words[-1:] and new & set(words):
            with suppress(DumpError):
                database.sql(line)


def _extensions(found: Manifest, database: Database) -> tuple[list[str], tuple[str, ...]]:
    """Statements that bring the extensions the target's server has, and those it has not."""
    offered = set(database.json("select json_agg(name) from pg_available_extensions;") or [])
    statements, missing = [], []
    for one in found.extensions:
        if one["name"] not in offered:
            missing.append(one["name"])
            continue
        if one["schema"] != "pg_catalog":
            statements.append(f"create schema if not exists {identifier(one['schema'])};")
        statements.append(
            f"create extension if not exists {identifier(one['name'])}"
            f" with schema {identifier(one['schema'])};"
        )
    return statements, tuple(missing)


def _emptied(database: Database) -> list[str]:
    """Statements that take the app's schemas of the target away, and leave an empty `public`."""
    gone = [f"drop schema {identifier(name)} cascade;" for name in contents.schemas(database.sql)]
    return [*gone, "create schema public;", "grant usage on schema public to public;"]

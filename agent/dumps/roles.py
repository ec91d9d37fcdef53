"""The roles of a dump, made where they are missing: within the restore's transaction."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from agent.dumps import transaction, vendor
from agent.dumps.postgres import identifier

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.dumps.postgres import Database

_NAME = r'("(?:[^"]|"")+"|[^\s;"]+)'
_CREATE = re.compile(rf"^CREATE ROLE {_NAME};$", re.MULTILINE)
_WITH = re.compile(rf"^ALTER ROLE {_NAME} WITH (.*);$", re.MULTILINE)
_SET = re.compile(rf"^ALTER ROLE {_NAME} SET (.*);$", re.MULTILINE)
_GRANT = re.compile(rf"^GRANT {_NAME} TO {_NAME}(.*);$", re.MULTILINE)
_BY = re.compile(rf" GRANTED BY {_NAME}")
# Each may be refused alone: a managed server lets nobody give these away.
_SPECIAL = ("SUPERUSER", "REPLICATION", "BYPASSRLS", "CREATEROLE", "CREATEDB")


def names(text: str) -> set[str]:
    """The roles that a dump knows of."""
    return {_plain(found[1]) for found in _CREATE.finditer(text)}


def script(text: str, database: Database) -> str:
    """Statements that make the roles the target lacks; each may fail, and is told then."""
    there = set(database.json("select json_agg(rolname) from pg_roles;") or [])
    new = {name for name in names(text) - there if not name.startswith("pg_")}
    return "".join([*_made(text, new), *_granted(text, new)])


def _made(text: str, new: set[str]) -> Iterator[str]:
    for name in sorted(new):
        yield transaction.tried(f"role {name}", f"create role {identifier(name)}")
    for found in _WITH.finditer(text):
        if _plain(found[1]) in new:
            yield from _attributes(_plain(found[1]), found[2])
    for found in _SET.finditer(text):
        if _plain(found[1]) in new:
            yield transaction.tried(f"setting of the role {_plain(found[1])}", found[0])


def _attributes(name: str, words: str) -> Iterator[str]:
    given = words.split()
    of_vendor = vendor.is_role(name)
    plain = {"NOINHERIT", "LOGIN"} & set(given) - ({"LOGIN"} if of_vendor else set())
    if plain:
        yield _altered(name, " ".join(sorted(plain)))
    wanted = ("BYPASSRLS",) if of_vendor else _SPECIAL
    for word in wanted:
        if word in given:
            yield _altered(name, word)
    if "LOGIN" in plain:
        yield transaction.told(
            f"password of the role {name}", "dumps hold none: set one with `alter role`"
        )


def _altered(name: str, words: str) -> str:
    statement = f"alter role {identifier(name)} with {words}"
    return transaction.tried(f"{words.lower()} of the role {name}", statement)


def _granted(text: str, new: set[str]) -> Iterator[str]:
    for found in _GRANT.finditer(text):
        group, member = _plain(found[1]), _plain(found[2])
        if {group, member} & new:
            statement = f"grant {found[1]} to {found[2]}{_BY.sub('', found[3])}"
            yield transaction.tried(f"membership of {member} in {group}", statement)


def _plain(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name

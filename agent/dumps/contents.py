"""What is in a database: tables with their rows, extensions, roles, the canary."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from agent.dumps.errors import DumpError
from agent.dumps.postgres import OWN_SCHEMA, literal
from agent.dumps.vendor import managed_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from agent.dumps.postgres import Database

_NOT_SYSTEM = r"n.nspname not like 'pg\_%' and n.nspname <> 'information_schema'"
_MEMBER = """exists (select 1 from pg_depend d where d.objid = c.oid and d.deptype = 'e'
      and d.classid = 'pg_class'::regclass)"""
_TABLES = f"""select coalesce(json_agg(format('%I.%I', n.nspname, c.relname)
    order by n.nspname, c.relname), '[]')
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind = 'r' and {_NOT_SYSTEM} and n.nspname not in ({{0}}) and not {_MEMBER};"""
_SCHEMAS = f"""select coalesce(json_agg(nspname order by nspname), '[]') from pg_namespace n
  where {_NOT_SYSTEM} and nspname not in ({{0}})
    and not exists (select 1 from pg_depend d where d.objid = n.oid and d.deptype = 'e'
      and d.classid = 'pg_namespace'::regclass);"""
_EXTENSIONS = """select coalesce(json_agg(json_build_object('name', e.extname,
    'version', e.extversion, 'schema', n.nspname) order by e.extname), '[]')
  from pg_extension e join pg_namespace n on n.oid = e.extnamespace
  where e.extname <> 'plpgsql';"""
_STAMP = """'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'"""
_CANARY = f"select to_char(at at time zone 'utc', {_STAMP}) from {OWN_SCHEMA}.canary;"
_WRITE_CANARY = f"""
begin read write;
create schema if not exists {OWN_SCHEMA};
create table if not exists {OWN_SCHEMA}.canary (
  id integer primary key check (id = 1), at timestamptz not null);
insert into {OWN_SCHEMA}.canary values (1, now()) on conflict (id) do update set at = now();
commit;
"""


def counts(ask: Callable[[str], str], managed: Iterable[str]) -> dict[str, int]:
    """The rows of every table that is the app's or ours; `managed` are the vendor's schemas."""
    names: list[str] = json.loads(ask(_filled(_TABLES, managed)))
    if not names:
        return {}
    each = [f"select {literal(n)} as name, count(*) as rows from {n}" for n in names]
    query = f"select json_object_agg(name, rows) from ({' union all '.join(each)}) as t;"
    found: dict[str, int] = json.loads(ask(query))
    return found


def _filled(query: str, managed: Iterable[str]) -> str:
    return query.replace("{0}", ", ".join(literal(name) for name in managed) or "''")


def without_ours(tables: dict[str, int]) -> dict[str, int]:
    """The app's tables alone."""
    return {n: rows for n, rows in tables.items() if not n.startswith(f"{OWN_SCHEMA}.")}


def schemas(ask: Callable[[str], str], managed: Iterable[str]) -> list[str]:
    """The schemas of the app, and ours."""
    found: list[str] = json.loads(ask(_filled(_SCHEMAS, managed)))
    return found


def extensions(ask: Callable[[str], str]) -> list[dict[str, Any]]:
    """Name, version and schema of every extension."""
    found: list[dict[str, Any]] = json.loads(ask(_EXTENSIONS))
    return found


def canary(ask: Callable[[str], str]) -> str | None:
    """When the canary was written last, in UTC; None where there is none."""
    has = ask(f"select to_regclass('{OWN_SCHEMA}.canary') is not null;")
    return (ask(_CANARY) or None) if has == "t" else None


def write_canary(database: Database) -> str:
    """Write the row whose age tells how fresh a restored database is; why not, where it cannot be.

    A database that may only be read is dumped all the same.
    """
    try:
        database.sql(_WRITE_CANARY)
    except DumpError as error:
        return f"the canary could not be written: {error}"
    return ""


def is_empty(database: Database) -> bool:
    """Whether the app has no table there."""
    query = _filled(_TABLES, managed_in(database.sql))
    return not without_ours(dict.fromkeys(json.loads(database.sql(query)), 0))

"""Statements that take the app's objects of a database away, and leave the vendor's."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.dumps import vendor
from agent.dumps.postgres import literal, quoted

if TYPE_CHECKING:
    from collections.abc import Iterable

    from agent.dumps.postgres import Database

# `public` itself stays: what the vendor grants on it, and on what is made in it, is the vendor's.
_EMPTY = """
declare one record; begin
  for one in select format('drop publication %I', p.pubname) as sql from pg_publication p
    where not (p.pubname like 'supabase\\_%' or {vendor_pub})
    and pg_has_role(p.pubowner, 'usage') loop execute one.sql; end loop;
  for one in select format('drop event trigger %I', t.evtname) as sql from pg_event_trigger t
    where not ({vendor_evt}) and pg_has_role(t.evtowner, 'usage')
      and not exists (select from pg_depend d where d.objid = t.oid
      and d.classid = 'pg_event_trigger'::regclass and d.deptype = 'e')
    loop execute one.sql; end loop;
  for one in select format('drop server %I cascade', s.srvname) as sql from pg_foreign_server s
    where not ({vendor_srv}) and pg_has_role(s.srvowner, 'usage') loop execute one.sql; end loop;
  perform lo_unlink(oid) from pg_largeobject_metadata;
  for one in select format('drop schema %I cascade', n.nspname) as sql from pg_namespace n
    where n.nspname not like 'pg\\_%' and n.nspname not in ('information_schema', 'public')
    and n.nspname not in ({managed}) and not exists (select from pg_depend d where d.objid = n.oid
      and d.classid = 'pg_namespace'::regclass and d.deptype = 'e')
    loop execute one.sql; end loop;
  for one in select d.classid, d.objid from pg_depend d
    where d.refclassid = 'pg_namespace'::regclass and d.refobjid = to_regnamespace('public')
      and d.deptype = 'n' and not exists (select from pg_depend e where e.classid = d.classid
        and e.objid = d.objid and e.deptype in ('e', 'i') and e.refobjid <> e.objid) loop
    execute coalesce((select format('drop %s if exists %s cascade', o.type, o.identity)
      from pg_identify_object(one.classid, one.objid, 0) o where o.identity is not null),
      'select');
  end loop;
end"""
_PUBLIC = """create schema if not exists public;
grant usage on schema public to public;
"""

# What a role grants on all that it will make comes with the dump, at the end: until then it would
# open tables that were closed where they come from.
_NO_DEFAULTS = """
declare one record; begin
  for one in select format('alter default privileges%s revoke all on %s from %s',
      ' in schema ' || quote_ident(n.nspname),
      case d.defaclobjtype when 'r' then 'tables' when 'S' then 'sequences'
        when 'f' then 'functions' when 'T' then 'types' else 'schemas' end,
      case a.grantee when 0 then 'public' else quote_ident(pg_get_userbyid(a.grantee)) end) as sql
    from pg_default_acl d join pg_namespace n on n.oid = d.defaclnamespace,
      aclexplode(d.defaclacl) a
    where d.defaclrole = (select oid from pg_roles where rolname = current_user)
    loop execute one.sql; end loop;
end"""


def without_defaults() -> str:
    """Statements that take away what the user at work grants by itself on what it makes."""
    return f"do {quoted(_NO_DEFAULTS)};\n"


def script(database: Database, kept: Iterable[str] = ()) -> str:
    """The statements for one database; `kept` are schemas that stay besides the vendor's."""
    managed = [*vendor.managed_in(database.sql), *kept]
    body = (
        _EMPTY.replace("{managed}", ", ".join(map(literal, managed)) or "''")
        .replace("{vendor_pub}", vendor.owned("p.pubowner"))
        .replace("{vendor_evt}", vendor.owned("t.evtowner"))
        .replace("{vendor_srv}", vendor.owned("s.srvowner"))
    )
    return f"set local search_path = pg_catalog;\ndo {quoted(body)};\n{_PUBLIC}"

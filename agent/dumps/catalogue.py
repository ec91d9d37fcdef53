"""What a dump cannot hold of the vendor's objects, read from the catalogue at the same moment.

Two things: descriptions, from which stand-ins are made where the vendor's own are not (a scratch
database), and what of the app's hangs on the vendor's objects, as statements of their own.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from agent.dumps import vendor
from agent.dumps.postgres import literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_EXTENSION = """(select e.extname from pg_depend d join pg_extension e on e.oid = d.refobjid
  where d.classid = '{0}'::regclass and d.objid = {1} and d.deptype = 'e' limit 1)"""
_OF_CLASS, _OF_TYPE = _EXTENSION.format("pg_class", "c.oid"), _EXTENSION.format("pg_type", "t.oid")
_OF_PROC, _OF_OPERATOR = (
    _EXTENSION.format("pg_proc", "p.oid"),
    _EXTENSION.format("pg_operator", "o.oid"),
)
_ROWS = "select coalesce(json_agg(one), '[]') from ({}) as one;"

_SCHEMAS = """select n.nspname as name, pg_get_userbyid(n.nspowner) as owner from pg_namespace n
  where n.nspname in ({managed}) order by 1"""
_TYPES = f"""select n.nspname as schema, t.typname as name, t.typtype as kind,
    {_OF_TYPE} as extension, t.typmodin <> 0 as has_modifier,
    case when t.typtype = 'd' then format_type(t.typbasetype, t.typtypmod) end as base,
    case when t.typtype = 'r' then (select format_type(r.rngsubtype, null) from pg_range r
      where r.rngtypid = t.oid) end as subtype,
    (select json_agg(l.enumlabel order by l.enumsortorder) from pg_enum l
      where l.enumtypid = t.oid) as labels,
    (select json_agg(json_build_object('name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum) from pg_attribute a
      where a.attrelid = t.typrelid and a.attnum > 0 and not a.attisdropped) as fields
  from pg_type t join pg_namespace n on n.oid = t.typnamespace
  left join pg_class c on c.oid = t.typrelid
  where t.typtype in ('b', 'c', 'd', 'e', 'r')
    and not exists (select from pg_type a where a.typarray = t.oid)
    and (t.typrelid = 0 or c.relkind = 'c')
    and (n.nspname in ({{managed}}) or {_OF_TYPE} is not null)
  order by t.typtype = 'd', t.typtype = 'c', t.oid"""
_RELATIONS = f"""select n.nspname as schema, c.relname as name, c.relkind as kind,
    {_OF_CLASS} as extension, pg_get_userbyid(c.relowner) as owner,
    (select coalesce(json_agg(json_build_object('name', a.attname,
      'type', format_type(a.atttypid, a.atttypmod)) order by a.attnum), '[]') from pg_attribute a
      where a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped) as columns,
    (select coalesce(json_agg(pg_get_constraintdef(k.oid) order by k.contype), '[]')
      from pg_constraint k where k.conrelid = c.oid and k.contype in ('p', 'u')) as keys
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f', 'S') and not c.relispartition
    and (n.nspname in ({{managed}}) or ({_OF_CLASS} is not null and n.nspname <> 'pg_catalog'))
  order by c.oid"""
_FUNCTIONS = f"""select n.nspname as schema, p.proname as name, p.prokind as kind,
    {_OF_PROC} as extension, l.lanname as language, p.provolatile as volatile,
    pg_get_function_arguments(p.oid) as arguments, pg_get_function_result(p.oid) as result,
    case when l.lanname in ('sql', 'plpgsql') and p.prokind in ('f', 'p')
      and {_OF_PROC} is null then pg_get_functiondef(p.oid) end as definition
  from pg_proc p join pg_namespace n on n.oid = p.pronamespace
  join pg_language l on l.oid = p.prolang
  where p.prokind in ('f', 'p') and (n.nspname in ({{managed}}) or {_OF_PROC} is not null)
  order by p.oid"""
_OPERATORS = f"""select n.nspname as schema, o.oprname as name, {_OF_OPERATOR} as extension,
    case when o.oprleft <> 0 then format_type(o.oprleft, null) end as left_type,
    format_type(o.oprright, null) as right_type, o.oprcode::text as function
  from pg_operator o join pg_namespace n on n.oid = o.oprnamespace
  where o.oprcode <> 0 and {_OF_OPERATOR} is not null order by o.oid"""
# Indexes that an extension's access method or operator class is behind.
_LEANING = """select distinct n.nspname as schema, c.relname as name, e.extname as extension
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  join pg_index i on i.indexrelid = c.oid
  join pg_am m on m.oid = c.relam
  join pg_depend d on d.deptype = 'e' and (
    (d.classid = 'pg_am'::regclass and d.objid = m.oid) or
    (d.classid = 'pg_opclass'::regclass and d.objid = any (i.indclass::oid[])))
  join pg_extension e on e.oid = d.refobjid
  where n.nspname not in ({managed})"""

_TRIGGERS = """select 'trigger ' || t.tgname || ' on ' || r.oid::regclass as what,
    pg_get_triggerdef(t.oid) || case t.tgenabled when 'D' then format(
      '; alter table %s disable trigger %I', r.oid::regclass, t.tgname) else '' end as sql
  from pg_trigger t join pg_class r on r.oid = t.tgrelid
  join pg_namespace n on n.oid = r.relnamespace
  join pg_proc p on p.oid = t.tgfoid join pg_namespace f on f.oid = p.pronamespace
  where not t.tgisinternal and n.nspname in ({managed}) and f.nspname not in ({managed})
    and f.nspname <> 'pg_catalog' order by 1"""
_POLICIES = """select 'policy ' || p.polname || ' on ' || c.oid::regclass as what,
    format('create policy %I on %s as %s for %s to %s%s%s', p.polname, c.oid::regclass,
      case when p.polpermissive then 'permissive' else 'restrictive' end,
      case p.polcmd when 'r' then 'select' when 'a' then 'insert' when 'w' then 'update'
        when 'd' then 'delete' else 'all' end,
      (select string_agg(case o when 0 then 'public' else quote_ident(pg_get_userbyid(o)) end, ', ')
        from unnest(p.polroles) o),
      coalesce(' using (' || pg_get_expr(p.polqual, c.oid) || ')', ''),
      coalesce(' with check (' || pg_get_expr(p.polwithcheck, c.oid) || ')', '')) as sql
  from pg_policy p join pg_class c on c.oid = p.polrelid
  join pg_namespace n on n.oid = c.relnamespace
  where n.nspname in ({managed}) and {of_class} is null order by 1"""
# A table in a publication of the vendor's, or one of the vendor's in a publication.
_MEMBERS = """select 'table ' || r.oid::regclass || ' in the publication ' || p.pubname as what,
    format('alter publication %I add table only %s%s%s', p.pubname, r.oid::regclass,
      (select ' (' || string_agg(quote_ident(a.attname), ', ') || ')' from pg_attribute a
        where a.attrelid = r.oid and a.attnum = any (m.prattrs::int2[])),
      coalesce(' where (' || pg_get_expr(m.prqual, r.oid) || ')', '')) as sql
  from pg_publication_rel m join pg_publication p on p.oid = m.prpubid
  join pg_class r on r.oid = m.prrelid join pg_namespace n on n.oid = r.relnamespace
  where (p.pubname like 'supabase\\_%' or pg_get_userbyid(p.pubowner) = '{superuser}')
    <> (n.nspname in ({managed}))
  union all
  select 'schema ' || n.nspname || ' in the publication ' || p.pubname,
    format('alter publication %I add tables in schema %I', p.pubname, n.nspname)
  from pg_publication_namespace m join pg_publication p on p.oid = m.pnpubid
  join pg_namespace n on n.oid = m.pnnspid
  where p.pubname like 'supabase\\_%' and n.nspname not in ({managed}) order by 1"""
_ACL = """select 'grant of ' || lower(a.privilege_type) || ' on {noun} ' || {name}
    || ' to ' || pg_get_userbyid(a.grantee) as what,
    format('grant %s on {noun} %s to %I%s', a.privilege_type, {name},
      pg_get_userbyid(a.grantee), case when a.is_grantable then ' with grant option' else '' end)
      as sql
  from {source}, aclexplode({acl}) a
  where n.nspname in ({{managed}}) and a.grantee <> 0 and a.grantee <> {owner}
    and not ({{vendor_roles}})"""
_GRANTS = " union all ".join(
    _ACL.format(noun=noun, name=name, source=source, acl=acl, owner=owner)
    for noun, name, source, acl, owner in (
        ("schema", "quote_ident(n.nspname)", "pg_namespace n", "n.nspacl", "n.nspowner"),
        (
            "table",
            "c.oid::regclass::text",
            "pg_class c join pg_namespace n on n.oid = c.relnamespace",
            "c.relacl",
            "c.relowner",
        ),
        (
            "routine",
            "p.oid::regprocedure::text",
            "pg_proc p join pg_namespace n on n.oid = p.pronamespace",
            "p.proacl",
            "p.proowner",
        ),
    )
)
_SETTINGS = """select 'setting ' || split_part(c, '=', 1) || coalesce(' of ' || r.rolname, '')
      || ' in this database' as what,
    format('alter %s set %s = %s', case when r.rolname is null then 'database {database}'
        else 'role ' || quote_ident(r.rolname) || ' in database {database}' end,
      split_part(c, '=', 1),
      case when split_part(c, '=', 1) in ('search_path', 'session_preload_libraries')
        then substr(c, strpos(c, '=') + 1) else quote_literal(substr(c, strpos(c, '=') + 1)) end)
      as sql
  from pg_db_role_setting s left join pg_roles r on r.oid = s.setrole, unnest(s.setconfig) c
  where s.setdatabase = (select oid from pg_database where datname = current_database())
    and c not like 'default\\_transaction\\_read\\_only=%' order by 1"""
_JOBS = """select 'job ' || coalesce(jobname, jobid::text) || ' of cron' as what,
    case when jobname is not null then format('select cron.schedule(%L, %L, %L)',
      jobname, schedule, command) end as sql from cron.job order by 1"""
# Keys of the app's into the vendor's tables: made once the rows they lead to are there.
_KEYS = """select kn.nspname as schema, kc.relname || ' ' || k.conname as tag,
    k.confrelid::regclass::text as leads_to
  from pg_constraint k join pg_class kc on kc.oid = k.conrelid
  join pg_namespace kn on kn.oid = kc.relnamespace
  join pg_class c on c.oid = k.confrelid join pg_namespace n on n.oid = c.relnamespace
  where k.contype = 'f' and n.nspname in ({managed}) and kn.nspname not in ({managed})"""
_LOOSE = """select n.nspname as schema, c.relname as tag from pg_class c
    join pg_namespace n on n.oid = c.relnamespace join (
  with recursive seen (oid) as (
    select oid from pg_class where relkind = 'f'
    union select r.ev_class from seen s join pg_depend d on d.refclassid = 'pg_class'::regclass
      and d.refobjid = s.oid and d.classid = 'pg_rewrite'::regclass
    join pg_rewrite r on r.oid = d.objid)
  select oid from seen) seen on seen.oid = c.oid"""
_CHECKS = f"""select k.conrelid::regclass::text as "table", k.conname as name,
    pg_get_constraintdef(k.oid) || coalesce(format('; comment on constraint %I on %s is %L',
      k.conname, k.conrelid::regclass, obj_description(k.oid, 'pg_constraint')), '') as sql
  from pg_constraint k join pg_class c on c.oid = k.conrelid
  join pg_namespace n on n.oid = c.relnamespace
  where k.contype = 'c' and k.convalidated and k.conislocal and k.coninhcount = 0
    and n.nspname not in ({{managed}}) and {_OF_CLASS} is null and exists (
      select from pg_depend d join pg_proc p on p.oid = d.refobjid
      where d.classid = 'pg_constraint'::regclass and d.objid = k.oid
        and d.refclassid = 'pg_proc'::regclass and {_OF_PROC} is null
        and p.pronamespace <> 'pg_catalog'::regnamespace) order by 1, 2"""
# What somebody other than the vendor made in the vendor's schemas, and what lies elsewhere.
_LEFT = """select case c.relkind when 'v' then 'view' when 'S' then 'sequence' else 'table' end
    || ' ' || c.oid::regclass as what
  from pg_class c join pg_namespace n on n.oid = c.relnamespace
  where c.relkind in ('r', 'p', 'v', 'm', 'f') and n.nspname in ({managed})
    and {of_class} is null and not ({vendor_owner})
  union all select 'function ' || p.oid::regprocedure from pg_proc p
    join pg_namespace n on n.oid = p.pronamespace cross join lateral (select p.proowner as o) c
  where n.nspname in ({managed}) and {of_proc} is null and not ({vendor_owner_p})
  union all select 'type ' || t.oid::regtype from pg_type t
    join pg_namespace n on n.oid = t.typnamespace
  where t.typtype in ('d', 'e', 'r') and n.nspname in ({managed}) and {of_type} is null
    and not ({vendor_owner_t})
  union all select 'subscription ' || subname from pg_subscription
    where subdbid = (select oid from pg_database where datname = current_database())
  order by 1"""


def _listed(names: Iterable[str]) -> str:
    return ", ".join(literal(name) for name in names) or "''"


def _filled(query: str, managed: Iterable[str]) -> str:
    values = {
        "managed": _listed(managed),
        "superuser": vendor.SUPERUSER,
        "of_class": _OF_CLASS,
        "of_proc": _OF_PROC,
        "of_type": _OF_TYPE,
        "vendor_owner": vendor.owned("c.relowner"),
        "vendor_owner_p": vendor.owned("p.proowner"),
        "vendor_owner_t": vendor.owned("t.typowner"),
        "vendor_roles": f"{vendor.owned('a.grantee')} or pg_get_userbyid(a.grantee) = 'postgres'",
    }
    for key, value in values.items():
        query = query.replace(f"{{{key}}}", value)
    return _ROWS.format(query)


def describe(ask: Callable[[str], Any], managed: list[str]) -> dict[str, Any]:
    """The vendor's objects, and extensions', as far as others may lean on them."""
    queries = {
        "schemas": _SCHEMAS,
        "types": _TYPES,
        "relations": _RELATIONS,
        "functions": _FUNCTIONS,
        "operators": _OPERATORS,
        "leaning": _LEANING,
    }
    return {name: ask(_filled(query, managed)) for name, query in queries.items()}


def hanging(ask: Callable[[str], Any], managed: list[str]) -> list[dict[str, Any]]:
    """What of the app's hangs on the vendor's objects: `what`, and the `sql` for it."""
    queries = [_TRIGGERS, _POLICIES, _MEMBERS, _GRANTS, _SETTINGS]
    if "cron" in managed and ask(_readable("cron.job")):
        queries.append(_JOBS)
    return [one for query in queries for one in ask(_filled(query, managed))]


def keys(ask: Callable[[str], Any], managed: list[str]) -> list[dict[str, str]]:
    """The app's foreign keys into the vendor's tables."""
    found: list[dict[str, str]] = ask(_filled(_KEYS, managed))
    return found


def checks(ask: Callable[[str], Any], managed: list[str]) -> list[dict[str, str]]:
    """The checks by functions of the app's: `table`, `name`, and the `sql` of each."""
    found: list[dict[str, str]] = ask(_filled(_CHECKS, managed))
    return found


def loose(ask: Callable[[str], Any]) -> list[dict[str, str]]:
    """Views that see a foreign table, at first or second hand: they come if that does."""
    found: list[dict[str, str]] = ask(_ROWS.format(_LOOSE))
    return found


def left_out(ask: Callable[[str], Any], managed: list[str]) -> list[str]:
    """What no dump of ours holds, each by its kind and name."""
    names = [one["what"] for one in ask(_filled(_LEFT, managed))]
    for table, words in (
        ("vault.secrets", "secrets of the vault, whose key the vendor keeps"),
        ("storage.objects", "records of files in the storage: the files are not in the database"),
    ):
        if table.split(".")[0] in managed and ask(_readable(table)):
            count = ask(f"select count(*) from {table};")
            names += [f"{count} {words} ({table})"] if count else []
    return names


def _readable(table: str) -> str:
    """Whether the role may read all rows of a table; null where there is none."""
    schema, name = table.split(".")
    return (
        "select to_json((select has_schema_privilege(n.oid, 'usage')"
        " and has_table_privilege(c.oid, 'select') and not row_security_active(c.oid)"
        " from pg_class c join pg_namespace n on n.oid = c.relnamespace"
        f" where n.nspname = '{schema}' and c.relname = '{name}'));"
    )


def carried(ask: Callable[[str], Any], managed: list[str]) -> dict[str, dict[str, Any]]:
    """The vendor's tables whose rows are the app's: columns, or why they cannot be read."""
    found: dict[str, dict[str, Any]] = {}
    for table in vendor.CARRIED:
        may = ask(_readable(table)) if table.split(".")[0] in managed else None
        if may is None:
            continue
        if not may:
            found[table] = {"columns": [], "rows": 0, "problem": "this role may not read it"}
            continue
        found[table] = ask(
            "select json_build_object('columns', (select json_agg(attname order by attnum)"
            " from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped"
            f" and attgenerated = ''), 'rows', (select count(*) from {table}))"
            f" from pg_class c where c.oid = '{table}'::regclass;"
        )
    return found

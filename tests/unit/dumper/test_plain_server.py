"""A server that is no project of the vendor's, with its names on it: told by their owner."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from agent.dumps.restic import Restic
from tests.postgres import DOUBLE
from tests.unit.dumper.conftest import Dumper, database

if TYPE_CHECKING:
    from tests.postgres import Server

# Servers and repositories of their own, which a busy machine takes its time to start.
pytestmark = pytest.mark.timeout(600)

_PLATFORM = """
do $$ declare one text; begin
  foreach one in array array['supabase_admin superuser login', 'anon nologin',
    'authenticated nologin', 'service_role nologin bypassrls'] loop
    -- A restore before may have left the role, without its rights.
    begin execute 'create role ' || one;
    exception when duplicate_object then execute 'alter role ' || one; end;
  end loop;
end $$;
grant supabase_admin to current_user;
create schema extensions; grant usage on schema extensions to public;
create domain extensions.vector as double precision[];
create schema auth authorization supabase_admin;
set role supabase_admin;
create function extensions.note_ddl() returns event_trigger language plpgsql as 'begin null; end';
create event trigger note_ddl on ddl_command_end execute function extensions.note_ddl();
create event trigger drop_watch on sql_drop execute function extensions.note_ddl();
create table auth.users (id uuid primary key, email text);
create function auth.uid() returns uuid language sql stable as
  $$ select nullif(current_setting('request.jwt.claim.sub', true), '')::uuid $$;
grant usage on schema auth to anon, authenticated, postgres;
grant references, select on auth.users to postgres;
create publication supabase_realtime;
alter default privileges for role supabase_admin in schema public grant all on tables to anon;
reset role;
"""
_APP = """
create table profiles (id uuid primary key references auth.users (id) on delete cascade, nick text);
alter table profiles enable row level security;
create policy own_profile on profiles for select using (auth.uid() = id);
create table places (id int primary key, spot extensions.vector);
insert into auth.users values ('11111111-1111-1111-1111-111111111111', 'ann@nutri.test');
insert into profiles select id, 'ann' from auth.users; insert into places values (1, '{1,2}');
alter publication supabase_realtime add table places;
create table files (id int primary key, body oid);
insert into files select n, lo_from_bytea(0, decode(repeat('41', 100), 'hex'))
  from generate_series(1, 3) n;
"""


def _made(dumper: Dumper, where: Server) -> str:
    name = database(where, project=False)
    dumper.made.append((where, name))
    return name


def test_the_vendors_objects_on_a_plain_server(dumper: Dumper) -> None:
    """Passed over and named; what leans on them is proven, and comes back on the next one."""
    where = dumper.servers.bare
    source, target = _made(dumper, where), _made(dumper, where)
    where.sql(_PLATFORM, source)
    where.sql(_PLATFORM, target)
    where.sql(_APP, source)
    config = replace(dumper.config, database_url=where.url(source, "postgres"))
    there = replace(dumper, config=config, restic=Restic(config))
    there.take()
    assert there.prove()["rows"] == 6
    place = replace(there.source, name=target)
    done = there.restore(place)
    assert place.tables() == there.source.tables()
    told = " ".join(done.of_vendor)
    assert all(name in told for name in ("note_ddl", "drop_watch", "supabase_realtime"))
    assert done.not_restored == ()
    for question in (
        "select pubname::text, tablename::text from pg_publication_tables",
        "select polname::text from pg_policy",
        "select convalidated from pg_constraint where conname = 'profiles_id_fkey'",
        "select count(*) from auth.users",
        "select md5(string_agg(lo_get(body), '' order by id)) from files",
    ):
        assert place.admin(question) == there.source.admin(question)
    assert there.restore(place, overwrite=target).not_restored == ()
    assert place.tables() == there.source.tables()


def test_a_project_comes_back_on_a_server_with_nothing_in_it(dumper: Dumper) -> None:
    """With its roles, owners and extensions; over itself as well."""
    dumper.servers.source.run_file(DOUBLE / "nutri.sql", dumper.source.name, "postgres")
    dumper.take()
    target = dumper.bare()
    done = dumper.restore(target)
    assert target.tables() == dumper.source.tables()
    assert done.tables["public.users"] == 500
    for question in (
        "select has_table_privilege('nutri_readonly', 'meals', 'select')",
        "select extname::text from pg_extension where extname = 'pgcrypto'",
        "select encode(extensions.digest('x', 'sha256'), 'hex')",
    ):
        assert target.admin(question) == dumper.source.admin(question)
    target.sql("delete from meals; delete from users")
    again = dumper.restore(target, overwrite=target.name)
    assert again.tables == done.tables
    assert target.tables() == dumper.source.tables()

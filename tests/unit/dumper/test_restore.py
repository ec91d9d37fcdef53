"""What a restore may not do: end half-way, touch what it refused, open what was closed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from agent.dumps import attachments, contents, standins, statements, transaction
from agent.dumps.archive import Dumps
from agent.dumps.errors import CorruptDumpError, DumpError
from tests.postgres import MAJORS
from tests.unit.dumper.conftest import Dumper, Place, dumping, set_up

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from agent.dumps.manifest import Manifest

# Servers and repositories of their own, which a busy machine takes its time to start.
pytestmark = pytest.mark.timeout(600)

_LARGE = """
create table attachments (id int primary key, body oid);
insert into attachments select n, lo_from_bytea(0, decode(repeat('41', 100), 'hex'))
  from generate_series(1, 3) n;
"""
# Each makes the target refuse at another kind of object, late or early.
_OBSTACLES = {
    "schema": "create schema one",
    "enum": "create type public.mood as enum ('x')",
    "function": "create function public.f() returns int language sql as 'select 1'",
    "view": "create view public.v as select 1",
    "sequence": "create sequence public.s",
}
_APP = f"""
create schema one; create table one.t (id int); insert into one.t values (1);
create type mood as enum ('a'); create table moods (m mood); insert into moods values ('a');
create function f() returns int language sql as 'select 2'; create view v as select 2 as two;
create sequence s; {_LARGE}
"""


def _state(place: Place) -> object:
    """All rows, all large objects and all names of a database."""
    names = place.admin(
        "select c.oid::regclass::text from pg_class c join pg_namespace n on n.oid ="
        " c.relnamespace where n.nspname not like 'pg\\_%' order by 1"
    )
    objects = place.admin("select md5(string_agg(loid || data::text, '' order by loid, pageno))"
                          " from pg_largeobject")  # fmt: skip
    roles = place.server.sql("select rolname from pg_roles order by 1")
    return place.tables(), names, objects, roles


@pytest.fixture(scope="module", params=MAJORS, ids=lambda major: f"pg{major}")
def filled(
    request: pytest.FixtureRequest,
    servers_of: Any,  # noqa: ANN401
    binaries: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Dumper]:
    """A dump with something of each kind; a test's own project is what it may break."""
    folder = tmp_path_factory.mktemp("filled")
    with pytest.MonkeyPatch.context() as patch:
        set_up(folder, binaries, patch)
        with dumping(servers_of(request.param), folder, patch) as made:
            made.source.sql(_APP)
            made.source.sql("create role only_in_the_dump")
            made.source.sql("grant select on moods to only_in_the_dump")
            made.source.sql("revoke all on moods from anon, authenticated")
            made.take()
            yield made


@pytest.mark.parametrize("kind", ["schema", "enum", "function", "view", "sequence"])
def test_a_target_that_refuses_is_as_it_was(filled: Dumper, kind: str) -> None:
    """Whatever kind of object is in the way; what is said was counted before and after."""
    target = filled.project()
    target.sql(_OBSTACLES[kind])
    before = _state(target)
    with pytest.raises(DumpError, match=r"already exists.*counted before and after"):
        filled.restore(target)
    assert _state(target) == before


def test_a_large_object_in_the_way_ends_nothing_half_way(filled: Dumper) -> None:
    """pg_restore brings large objects in transactions of their own, unless it is told not to."""
    target = filled.project()
    target.sql("create table kept (n int); insert into kept values (1), (2)")
    ((number,),) = filled.source.sql("select max(body)::bigint from attachments")
    target.admin("create schema two; create table two.mine (id int)")
    target.sql(f"select lo_create({number})")
    before = _state(target)
    with pytest.raises(DumpError, match=r"must be owner.*counted before and after"):
        filled.restore(target, overwrite=target.name)
    assert _state(target) == before
    target.admin("drop schema two cascade")
    filled.restore(target, overwrite=target.name)
    assert target.tables() == filled.source.tables()
    body = "select md5(string_agg(lo_get(body), '' order by id)) from attachments"
    assert target.sql(body) == filled.source.sql(body)


_ENDINGS = (
    "commit;",
    "commit; drop table public.kept;",
    "end;",
    "rollback; drop table public.kept;",
    "commit and chain; drop table public.kept;",
    "abort;\ndrop table public.kept;",
)


@pytest.mark.parametrize(
    "text",
    [
        *_ENDINGS,
        "rollback; drop table public.kept; commit;",
        "rollback and chain; drop table public.kept; commit;",
        "prepare transaction 'x'; drop table public.kept; commit;",
        "select 1 \\; rollback \\; drop table public.kept \\; commit;",
        "\\connect -\ndrop table public.kept; commit;",
        "/* select */ rollback; drop table public.kept; commit;",
        "copy public.moods from stdin;\n\\.\nrollback; drop table public.kept; commit;",
    ],
)
def test_nothing_in_a_dump_can_end_the_transaction(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Not even statements that are meant to: such a dump is passed over before they are heard."""
    target = filled.project()
    target.sql("create table kept (n int); insert into kept values (1), (2)")
    before = _state(target)
    monkeypatch.setattr(transaction, "without_end", lambda end: b"\n" + text.encode() + b"\n" + end)
    with pytest.raises(DumpError, match=r"corrupt: .* stands where a statement begins"):
        filled.restore(target, overwrite=target.name)
    assert _state(target) == before


@pytest.mark.parametrize("text", _ENDINGS)
def test_the_server_itself_refuses_an_end_before_its_time(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    """Should a statement ever come past the look at the text."""
    target = filled.project()
    target.sql("create table kept (n int); insert into kept values (1), (2)")
    before, without_end = _state(target), transaction.without_end
    monkeypatch.setattr(
        transaction, "without_end", lambda end: b"\n" + text.encode() + b"\n" + without_end(end)
    )
    monkeypatch.setattr(statements.Guard, "passed", lambda _, piece: piece)
    with pytest.raises(DumpError, match="counted before and after"):
        filled.restore(target, overwrite=target.name)
    assert _state(target) == before


def test_rows_beside_a_dump_cannot_end_the_transaction(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of the vendor's tables are no text of pg_restore's."""
    filled.source.sql("insert into auth.users (id) values (gen_random_uuid())")
    filled.take()
    target, read = filled.project(), attachments.rows
    target.sql("create table kept (n int)")

    def more(*given: Any) -> Iterator[bytes]:  # noqa: ANN401
        yield from (*read(*given), b"\\.\n", b"rollback; drop table public.kept; commit;\n")

    monkeypatch.setattr(attachments, "rows", more)
    done = filled.restore(target, overwrite=target.name)
    assert "auth.users end before their time" in " ".join(done.passed_over)
    assert target.tables() == filled.source.tables()


def test_a_dump_that_breaks_off_at_its_last_byte_changes_nothing(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The archive is proven whole before anything is committed."""
    target = filled.project()
    target.sql("create table kept (n int); insert into kept values (1)")
    before, whole = _state(target), Dumps.archive

    def broken(self: Dumps, found: object) -> Iterator[bytes]:
        yield from whole(self, found)  # type: ignore[arg-type]
        raise CorruptDumpError("its last byte is another")

    monkeypatch.setattr(Dumps, "archive", broken)
    with pytest.raises(DumpError, match="its last byte is another"):
        filled.restore(target, overwrite=target.name)
    assert _state(target) == before


def test_rows_that_do_not_add_up_change_nothing(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Counted in the transaction, before it ends."""
    target, parse = filled.project(), Dumps.manifest
    before = _state(target)

    def another(self: Dumps, snapshot: Any) -> Manifest:  # noqa: ANN401
        found = parse(self, snapshot)
        return replace(found, tables=found.tables | {"public.moods": 7})

    monkeypatch.setattr(Dumps, "manifest", another)
    with pytest.raises(DumpError, match="moods has 1 rows instead of 7"):
        filled.restore(target)
    assert _state(target) == before


def test_a_read_only_target_is_refused_and_a_read_only_source_dumped(filled: Dumper) -> None:
    """As the vendor makes it at 95 % of the disk, and our own stopping of writes."""
    target = filled.project()
    target.admin(f"alter database {target.name} set default_transaction_read_only = on")
    with pytest.raises(DumpError, match=r"read-only.*nothing was touched"):
        filled.restore(target)
    source = filled.source
    source.admin(f"alter database {source.name} set default_transaction_read_only = on")
    try:
        assert filled.take().tables["public.moods"] == 1
        assert filled.prove()["ok"]
    finally:
        source.server.sql(f"alter database {source.name} reset default_transaction_read_only")


def test_a_check_that_does_not_hold_any_more_is_told(filled: Dumper) -> None:
    """It looks into another table, which changed since; the rows come, and the check does not."""
    source = filled.source
    source.sql(
        "create table allowed (id int); insert into allowed values (1);"
        "create function is_allowed(i int) returns boolean language sql stable as"
        " 'select exists (select from public.allowed where id = i)';"
        "create table asked (id int constraint may check (is_allowed(id)));"
        "insert into asked values (1); update allowed set id = 2"
    )
    try:
        filled.take()
        target = filled.project()
        done = filled.restore(target)
        assert any(one.startswith("check may on public.asked: ") for one in done.not_restored)
        assert target.tables() == source.tables()
    finally:
        source.sql("drop table asked; drop function is_allowed; drop table allowed")


def test_closed_tables_stay_closed(filled: Dumper) -> None:
    """A new project grants all to the API's roles by itself; the dump knows better."""
    target = filled.project()
    filled.restore(target)
    question = "select has_table_privilege('anon', 'moods', 'select')"
    assert target.admin(question) == filled.source.admin(question) == [(False,)]
    target.sql("create table next (id int)")
    assert target.admin("select has_table_privilege('anon', 'next', 'select')") == [(True,)]


def test_a_scratch_database_is_not_taken_for_production(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What it refuses, it refuses by its own name."""
    monkeypatch.setattr(standins, "statements", lambda *_: iter(()))
    monkeypatch.setattr(contents, "canary", lambda _: None)
    monkeypatch.setattr(
        transaction, "counted", lambda _: "do $$ begin raise exception 'no'; end $$;\n"
    )
    with pytest.raises(DumpError, match=r"^the scratch database refused the dump"):
        filled.prove()


def test_a_dump_of_before_takes_nothing_away_that_it_does_not_hold(
    filled: Dumper, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a catalogue beside it, the vendor's migrations were no part of a dump."""
    monkeypatch.setattr(Dumps, "catalogue", lambda *_: {})
    target = filled.project()
    target.sql("create schema supabase_migrations; create table supabase_migrations.done (v int)")
    target.sql("create table moods (old int)")
    filled.restore(target, overwrite=target.name)
    assert target.sql("select to_regclass('supabase_migrations.done')::text") == [
        ("supabase_migrations.done",)
    ]
    assert target.sql("select m::text from moods") == [("a",)]

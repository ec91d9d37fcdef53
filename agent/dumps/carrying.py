"""Rows of the vendor's tables that are the app's: added where they are missing, none is changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from agent.dumps import attachments, transaction, vendor
from agent.dumps.errors import CorruptDumpError
from agent.dumps.postgres import identifier, literal, quoted

if TYPE_CHECKING:
    from agent.dumps.archive import Dumps
    from agent.dumps.manifest import Manifest
    from agent.dumps.restic import Snapshot
    from agent.dumps.transaction import Psql

# Columns may have come or gone since: those that both know are filled.
_ADD = """
declare names text; texts text; total bigint; added bigint; gone text; begin
  if to_regclass({table}) is null then raise exception 'there is no such table'; end if;
  select string_agg(quote_ident(a.attname), ', '),
    string_agg(format('%I::%s', a.attname, format_type(a.atttypid, a.atttypmod)), ', ')
    into names, texts from pg_attribute a join pg_attribute r on r.attname = a.attname
    and r.attrelid = 'pg_temp.nutri_rows'::regclass and r.attnum > 0
    where a.attrelid = {table}::regclass and a.attnum > 0 and not a.attisdropped
    and a.attgenerated = '';
  execute format('insert into %s (%s) overriding system value select %s from pg_temp.nutri_rows'
    ' on conflict do nothing', {table}, names, texts);
  get diagnostics added = row_count;
  select count(*) into total from pg_temp.nutri_rows;
  select string_agg(quote_ident(attname), ', ') into gone from pg_attribute r
    where r.attrelid = 'pg_temp.nutri_rows'::regclass and r.attnum > 0 and not exists (
      select from pg_attribute a where a.attrelid = {table}::regclass and a.attname = r.attname);
  insert into pg_temp.nutri_told (what, why, lost) values ({table},
    format('%s of %s rows added, the others were there', added, total), false);
  if gone is not null then insert into pg_temp.nutri_told (what, why, lost) values ({table},
    'the columns ' || gone || ' are not there any more', true); end if;
exception when others then
  insert into pg_temp.nutri_told (what, why, lost) values ({table}, 'its rows: ' || sqlerrm, true);
end"""


def carry(dumps: Dumps, snapshot: Snapshot, found: Manifest, psql: Psql) -> None:
    """Bring them; what cannot be is told."""
    for table in (name for name in vendor.CARRIED if name in found.carried):
        one = found.carried[table]
        if "problem" in one:
            psql.write(transaction.told(table, f"its rows are not in the dump: {one['problem']}"))
            continue
        if not one["rows"]:
            continue
        fields = ", ".join(f"{identifier(name)} text" for name in one["columns"])
        psql.write(f"create temporary table nutri_rows ({fields}) on commit drop;\n")
        psql.write("copy pg_temp.nutri_rows from stdin;\n")
        for line in attachments.rows(dumps, snapshot, table):
            if line.strip() == b"\\.":  # what follows would be no rows any more
                raise CorruptDumpError(f"the rows of {table} end before their time")
            psql.pipe.write(line)
        psql.write("\\.\n")
        psql.write(f"do {quoted(_ADD.replace('{table}', literal(table)))};\n")
        psql.write("drop table pg_temp.nutri_rows;\n")

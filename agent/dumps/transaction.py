"""The one transaction of a restore: what is in a dump cannot end it, only we can.

Whatever begins a statement that no dump has is refused on its way (`statements`). Behind that, a
deferred trigger refuses every `commit` that does not know a word we say at the end, and psql is
told to begin a transaction by itself, which nobody commits, should the first one be rolled back.
"""

from __future__ import annotations

import json
import re
import secrets
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING, Any

from agent.dumps.errors import CorruptDumpError
from agent.dumps.postgres import PSQL, literal, quoted
from agent.dumps.running import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from agent.dumps.postgres import Database

_BEGIN = """\\set AUTOCOMMIT off
begin read write;
set local statement_timeout = 0;
set local idle_in_transaction_session_timeout = 0;
set local check_function_bodies = off;
set local client_min_messages = error;
create temporary table nutri_restore (began xid8) on commit drop;
create temporary table nutri_told (number serial, what text, why text, lost boolean) on commit drop;
create function pg_temp.nutri_whole() returns trigger language plpgsql as $$ begin
  if current_setting('nutri.whole', true) is distinct from TG_ARGV[0] then
    raise exception 'something in the dump was to end the restore before its time';
  end if;
  return null;
end $$;
create constraint trigger nutri_whole after insert on nutri_restore deferrable initially deferred
  for each row execute function pg_temp.nutri_whole('{word}');
insert into nutri_restore values (pg_current_xact_id());
"""
_END = """set local search_path = pg_catalog, pg_temp;
do $$ begin
  if not exists (select from pg_temp.nutri_restore where began = pg_current_xact_id()) then
    raise exception 'the restore is not in the transaction it began in';
  end if;
end $$;
select coalesce(json_agg(json_build_array(what, why, lost) order by number), '[]')
  from pg_temp.nutri_told;
select set_config('nutri.whole', '{word}', true);
commit;
"""
# pg_restore wraps all in one transaction at our wish, so that large objects have none of their own.
_ITS_END = re.compile(
    rb"\nCOMMIT;\n\s*(?:--\n-- PostgreSQL database dump complete\n--\n)?\s*"
    rb"(\\unrestrict \w+\n\s*)?$"
)
TAIL = 4096
"""Where the end of pg_restore's text is looked for."""
_THERE_ALREADY = "duplicate_object or duplicate_table or duplicate_function or duplicate_schema"


@dataclass(frozen=True)
class Script:
    """The text around an archive's own."""

    word: str = field(default_factory=lambda: secrets.token_hex(16))

    @property
    def begin(self) -> str:
        """The first statements."""
        return _BEGIN.format(word=self.word)

    @property
    def end(self) -> str:
        """The last ones; nothing has happened before them."""
        return _END.format(word=self.word)


class Psql:
    """A psql at work on a script."""

    def __init__(self, stream: Stream) -> None:
        self._stream = stream

    @property
    def pipe(self) -> IO[bytes]:
        """Where the script goes."""
        return self._stream.pipe

    def write(self, text: str) -> None:
        """Hand over a piece of the script."""
        self.pipe.write(text.encode())


@contextmanager
def speaking(database: Database, printed: list[str]) -> Iterator[Psql]:
    """A psql to write to; `printed` has at the end what it printed.

    Raises:
        DumpError: the database refused, and the script was not gone through.
    """
    stream = Stream(PSQL, database.environment(), writes=True)
    try:
        yield Psql(stream)
    except BrokenPipeError:
        pass  # it refused, and says why
    except BaseException:
        stream.kill()  # without our word at the end nothing has happened
        raise
    printed.append(stream.end())


def without_end(text: bytes) -> bytes:
    """The last piece of pg_restore's text, without its `commit`; raises CorruptDumpError."""
    found = _ITS_END.search(text)
    if not found:
        raise CorruptDumpError("pg_restore's text does not end as it should")
    return text[: found.start()] + b"\n" + (found[1] or b"")


def tried(what: str, sql: str) -> str:
    """Statements that may fail alone: then it is told, and the restore goes on."""
    told = (
        f"insert into pg_temp.nutri_told (what, why, lost) values ({literal(what)}, sqlerrm, true)"
    )
    body = (
        f"begin execute {quoted(sql)}; exception when {_THERE_ALREADY} then null;"
        f" when others then {told}; end"
    )
    return f"do {quoted(body)};\n"


def told(what: str, why: str) -> str:
    """A line of the report, without any try."""
    values = f"{literal(what)}, {literal(why)}, true"
    return f"insert into pg_temp.nutri_told (what, why, lost) values ({values});\n"


def counted(tables: Mapping[str, int]) -> str:
    """A block that ends the restore where a table has other rows than it should."""
    checks = "\n".join(
        f"select count(*) into found from {name}; if found <> {rows} then wrong := wrong ||"
        f" format('%s has %s rows instead of %s', {literal(name)}, found, {rows}); end if;"
        for name, rows in sorted(tables.items())
    )
    body = (
        f"declare found bigint; wrong text[] := '{{}}'; begin\n{checks}\n"
        "if wrong <> '{}' then raise exception 'it would not be what was dumped: %',"
        " array_to_string(wrong, '; '); end if; end"
    )
    return (
        f"set local search_path = pg_catalog;\nset local row_security = off;\ndo {quoted(body)};\n"
    )


def report(printed: str) -> tuple[list[str], list[str]]:
    """What could not be brought, and what else there is to tell, out of what psql printed."""
    for line in reversed(printed.splitlines()):
        if line.startswith("[") and line.endswith("]"):
            found: list[Any] = json.loads(line)
            said = [(f"{what}: {why}", lost) for what, why, lost in found]
            return [text for text, lost in said if lost], [text for text, lost in said if not lost]
    return [], []

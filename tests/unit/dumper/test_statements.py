"""What may stand in a dump's text, and what would end the restore: told apart as psql reads it."""

from __future__ import annotations

import pytest

from agent.dumps.errors import CorruptDumpError
from agent.dumps.statements import Guard

_SIZES = (1, 2, 7, 100_000)
_GOOD = (
    b"SET standard_conforming_strings = on;\nBEGIN;\nSELECT 1;\n",
    b"COPY t (a) FROM stdin;\nROLLBACK;\nx\\\\.\n\\.\n\nSELECT 1;\n",
    b"COPY t (a) FROM stdin;\n\\.\n\n",
    b"CREATE FUNCTION f() RETURNS int LANGUAGE sql AS $$ commit; $x$ $$;\n",
    b"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT CASE WHEN a THEN 1 END; SELECT 2; END;",
    b"CREATE OR REPLACE PROCEDURE f() LANGUAGE sql BEGIN ATOMIC SELECT 2; END;\n",
    b"COMMENT ON TABLE a IS 'x; COMMIT; ''; ROLLBACK; ';\n-- ; COMMIT;\n",
    b"/* COMMIT; /* x */ ; ROLLBACK; */ SELECT E'a\\'; COMMIT; '' \\\\';",
    b"CREATE RULE r AS ON INSERT TO t DO INSTEAD (INSERT INTO u VALUES (1); DELETE FROM v);\n",
    b'CREATE TABLE "a; ""COMMIT;" (x int);',
    b"\\restrict abc\nSELECT 1;\n\\unrestrict abc\n",
    b"SELECT pg_catalog.lowrite(0, '\\x4141');\n",
    b"SELECT '" + b"y" * 2000 + b"';",
    b"SELECT E'" + b"\\'" * 2000 + b"';",
)
_BAD = (
    b"COMMIT;",
    b"ROLLBACK; DROP TABLE x; COMMIT;",
    b"SELECT 1; end;",
    b"/* */ abort;",
    b"-- x\nrollback;",
    b"SELECT 1 \\; rollback;",
    b"\\! ls\n",
    b"\\connect x\n",
    b"SELECT E'a'\n'b\\''; ROLLBACK; --';",
    b"SELECT 'a\\'; ROLLBACK; --';",
    b"SELECT U&'a\\'; ROLLBACK;",
    b"SELECT E'\\\\'; ROLLBACK; --'",
    b"SELECT E'a'''; ROLLBACK; --'",
    b"COPY t FROM stdin;\n1\n\\.\nROLLBACK;\n",
    b"COPY t FROM stdin;\n\\.\nROLLBACK;\n",
    b"SELECT 1;COPY t FROM stdin; ROLLBACK;\n",
    b"CREATE FUNCTION f() RETURNS int BEGIN ATOMIC SELECT 2; END; ROLLBACK;",
    b"CREATE FUNCTION f(a begin) RETURNS int AS 'x'; ROLLBACK;",
    b"CREATE FUNCTION f() RETURNS int AS $a$ x $b$a$; ROLLBACK; --$a$;",
    b"SELECT $$a$$; ROLLBACK;",
    b"SELECT a$$; ROLLBACK; --$$;",
    b"SELECT $" + b"a" * 80 + b"$; $" + b"a" * 80 + b"$; ROLLBACK;",
    b"SELECT 'abc",
    b"SELECT (1; ",
    b"SET standard_conforming_strings = off;",
    b"SET SESSION standard_conforming_strings = off;",
    b"PREPARE TRANSACTION 'x';",
    b"SAVEPOINT x;",
    b"START TRANSACTION;",
    b"CALL f();",
    b"DO 'x';",
)


def _read(text: bytes, size: int) -> bytes:
    guard = Guard()
    passed = [guard.passed(text[at : at + size]) for at in range(0, len(text), size)]
    guard.end()
    return b"".join(passed)


@pytest.mark.parametrize("text", _GOOD)
def test_what_dumps_have_is_handed_on(text: bytes) -> None:
    """However it is cut; words in strings, comments, bodies and rows are no statements."""
    assert {_read(text, size) for size in _SIZES} == {text}


@pytest.mark.parametrize("text", _BAD)
def test_what_no_dump_has_is_refused(text: bytes) -> None:
    """However it is cut, and however it hides."""
    for size in _SIZES:
        with pytest.raises(CorruptDumpError):
            _read(text, size)

"""What the local cloud remembers, in one SQLite file that survives a restart.

Records are frozen dataclasses, kept in memory and written through. Only the event loop changes
them, so there is nothing to lock.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

from pydantic import TypeAdapter

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FIRST_ID = 1_000_001  # above the ids of the catalogue, so that no two kinds share one

_SCHEMA = """
CREATE TABLE IF NOT EXISTS record (
  kind TEXT NOT NULL, id INTEGER NOT NULL, body TEXT NOT NULL, PRIMARY KEY (kind, id)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS value (name TEXT PRIMARY KEY, content INTEGER NOT NULL) WITHOUT ROWID;
"""


class Record(Protocol):
    """Anything with a number."""

    @property
    def id(self) -> int:
        """Number of the record, unique in the whole state."""


R = TypeVar("R", bound=Record)


class State:
    """One SQLite file; None keeps it in memory."""

    def __init__(self, path: Path | None = None) -> None:
        # Whoever makes the state need not run the event loop, which alone uses it.
        self._db = sqlite3.connect(
            path or ":memory:", isolation_level=None, check_same_thread=False
        )
        self._db.execute("PRAGMA journal_mode = WAL")
        self._db.execute("PRAGMA synchronous = OFF")  # a power cut may cost it; a crash does not
        self._db.executescript(_SCHEMA)
        self._tables: list[Table[Any]] = []

    def table(self, kind: str, record: type[R]) -> Table[R]:
        """The records of a kind, read from the file."""
        table = Table(self._db, kind, record)
        self._tables.append(table)
        return table

    def counter(self, name: str, start: int) -> int:
        """The next number of a counter that begins at `start` and never goes back."""
        row = self._db.execute(
            "INSERT INTO value VALUES (?, ?) "
            "ON CONFLICT (name) DO UPDATE SET content = content + 1 RETURNING content",
            (name, start),
        ).fetchone()
        return int(row[0])

    def next_id(self) -> int:
        """An id no record ever had."""
        return self.counter("id", FIRST_ID)

    def reset(self) -> None:
        """Forget every record; numbers go on, so that no id comes back."""
        for table in self._tables:
            table.clear()

    def close(self) -> None:
        """Write what is left and close the file."""
        self._db.close()


class Table(Generic[R]):
    """The records of one kind, by id."""

    def __init__(self, db: sqlite3.Connection, kind: str, record: type[R]) -> None:
        self._db = db
        self._kind = kind
        self._adapter: TypeAdapter[R] = TypeAdapter(record)
        rows = db.execute("SELECT id, body FROM record WHERE kind = ? ORDER BY id", (kind,))
        self._rows: dict[int, R] = {
            number: self._adapter.validate_json(body) for number, body in rows
        }

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, number: int) -> R | None:
        """The record, or None."""
        return self._rows.get(number)

    def put(self, record: R) -> R:
        """Add or replace a record; returns it."""
        body = self._adapter.dump_json(record).decode()
        self._db.execute(
            "INSERT OR REPLACE INTO record VALUES (?, ?, ?)", (self._kind, record.id, body)
        )
        self._rows[record.id] = record
        return record

    def drop(self, number: int) -> None:
        """Forget a record, if it is there."""
        self._db.execute("DELETE FROM record WHERE kind = ? AND id = ?", (self._kind, number))
        self._rows.pop(number, None)

    def clear(self) -> None:
        """Forget all records of the kind."""
        self._db.execute("DELETE FROM record WHERE kind = ?", (self._kind,))
        self._rows.clear()

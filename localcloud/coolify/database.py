"""The PostgreSQL behind the instance: a pool, rows as dicts, values always bound."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from psycopg.rows import dict_row
from psycopg.types.json import Jsonb
from psycopg_pool import ConnectionPool

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from psycopg import Connection

Row = dict[str, Any]
_POOL_SIZE = 12
_CONNECT_SECONDS = 30.0


class Database:
    """Queries of one connection each, committed when they went well."""

    def __init__(self, url: str) -> None:
        """Open the pool lazily: nothing is connected before the first query."""
        self._pool = ConnectionPool(
            url,
            min_size=1,
            max_size=_POOL_SIZE,
            open=False,
            kwargs={"row_factory": dict_row},
            timeout=_CONNECT_SECONDS,
        )

    def open(self, timeout: float = _CONNECT_SECONDS) -> None:
        """Connect; raises psycopg_pool.PoolTimeout when nothing answers in `timeout` seconds."""
        self._pool.open(wait=True, timeout=timeout)

    def close(self) -> None:
        """Close every connection."""
        self._pool.close()

    @contextmanager
    def connection(self) -> Iterator[Connection[Row]]:
        """A connection whose work is one transaction."""
        with self._pool.connection() as connection:
            yield cast("Connection[Row]", connection)

    def all(self, query: str, values: Sequence[Any] = ()) -> list[Row]:
        """Every row of a query."""
        with self.connection() as connection:
            return connection.execute(query.encode(), values).fetchall()

    def one(self, query: str, values: Sequence[Any] = ()) -> Row | None:
        """The first row of a query, or None."""
        with self.connection() as connection:
            return connection.execute(query.encode(), values).fetchone()

    def scalar(self, query: str, values: Sequence[Any] = ()) -> Any:  # noqa: ANN401 - whatever the column holds
        """The first column of the first row, or None."""
        row = self.one(query, values)
        return next(iter(row.values())) if row else None

    def execute(self, query: str, values: Sequence[Any] = ()) -> int:
        """Run a statement; returns the number of rows it touched."""
        with self.connection() as connection:
            return connection.execute(query.encode(), values).rowcount

    def insert(self, table: str, values: Mapping[str, Any]) -> Row:
        """Insert one row and return it as the database completed it."""
        columns = ", ".join(f'"{name}"' for name in values)
        marks = ", ".join(["%s"] * len(values))
        query = f"INSERT INTO {table} ({columns}) VALUES ({marks}) RETURNING *"
        return cast("Row", self.one(query, _adapted(values)))

    def update(self, table: str, row_id: int, values: Mapping[str, Any]) -> Row:
        """Change one row by id, with `updated_at`, and return it."""
        pairs = "".join(f'"{name}" = %s, ' for name in values)
        query = f"UPDATE {table} SET {pairs} updated_at = now() WHERE id = %s RETURNING *"
        return cast("Row", self.one(query, (*_adapted(values), row_id)))

    def delete(self, table: str, row_id: int) -> None:
        """Remove one row by id."""
        self.execute(f"DELETE FROM {table} WHERE id = %s", (row_id,))


def _adapted(values: Mapping[str, Any]) -> list[Any]:
    return [Jsonb(value) if isinstance(value, dict | list) else value for value in values.values()]

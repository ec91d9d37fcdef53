"""Which rows of a drill are in the database after it, whatever the app's tables are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from psycopg import sql

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from psycopg import Connection

_TEXTS = """
SELECT c.table_schema, c.table_name, c.column_name
FROM information_schema.columns c
JOIN information_schema.tables t USING (table_schema, table_name)
WHERE t.table_type = 'BASE TABLE' AND c.table_schema = 'public'
  AND c.data_type IN ('text', 'character varying')
ORDER BY 1, 2, 3
"""
_HOLDING = "SELECT {column} FROM {table} WHERE {column} LIKE {pattern}"


def names(connection: Connection[Any], prefix: str) -> set[str]:
    """Every text of the app's tables that begins with a drill's prefix."""
    return set(_found(connection, prefix))


def _found(connection: Connection[Any], prefix: str) -> Iterator[str]:
    for schema, table, column in connection.execute(_TEXTS).fetchall():
        query = sql.SQL(_HOLDING).format(
            column=sql.Identifier(column),
            table=sql.Identifier(schema, table),
            pattern=sql.Literal(f"{prefix}-%"),
        )
        for (text,) in connection.execute(query):
            yield text

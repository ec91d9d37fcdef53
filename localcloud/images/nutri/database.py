"""One database client, as an ORM has it: connections opened when they are wanted, up to a limit."""

import contextlib
import queue
import select
import threading
from collections.abc import Iterator

import psycopg
from psycopg.rows import dict_row
from urls import Access

CONNECT_SECONDS = 5

Row = dict[str, object]
Connection = psycopg.Connection


class BusyError(Exception):
    """Every connection is in use, and stayed so."""


class Database:
    """A pool; each of an app's clients has its own."""

    def __init__(self, access: Access) -> None:
        self._access = access
        self._slots = threading.BoundedSemaphore(access.limit)
        self._idle: queue.LifoQueue[Connection] = queue.LifoQueue()
        self._stuck: list[Connection] = []

    def query(self, statement: str, values: tuple[object, ...] = ()) -> list[Row]:
        """The rows of one statement, in a transaction of its own."""
        with self._connection() as connection, connection.transaction():
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def ping(self) -> None:
        """Raise what keeps it from answering."""
        self.query("SELECT 1")

    def hold(self, number: int) -> int:
        """Begin transactions and never end them, as a leak would; returns how many it got."""
        held = 0
        while held < number and self._slots.acquire(blocking=False):
            connection = self._connect()
            connection.execute("SELECT 1")
            self._stuck.append(connection)
            held += 1
        return held

    @contextlib.contextmanager
    def _connection(self) -> Iterator[Connection]:
        limit, wait = self._access.limit, self._access.wait
        if not self._slots.acquire(timeout=wait):
            raise BusyError(
                "Timed out fetching a new connection from the connection pool"
                f" (connection limit: {limit}, timeout: {wait:g} s)"
            )
        connection = None
        try:
            connection = self._take()
            yield connection
        finally:
            if connection is not None and not connection.closed:
                self._idle.put(connection)
            self._slots.release()

    def _take(self) -> Connection:
        with contextlib.suppress(queue.Empty):
            while True:
                connection = self._idle.get_nowait()
                if not _is_closed(connection):
                    return connection
                connection.close()
        return self._connect()

    def _connect(self) -> Connection:
        return psycopg.connect(
            self._access.dsn,
            autocommit=False,
            connect_timeout=CONNECT_SECONDS,
            # 0: each statement is prepared at once, which a transaction pooler cannot bear.
            prepare_threshold=0 if self._access.prepared else None,
            row_factory=dict_row,
        )


def _is_closed(connection: Connection) -> bool:
    """Whether the other end has gone meanwhile: an idle one that can be read from has an end."""
    return connection.closed or bool(select.select([connection.fileno()], [], [], 0)[0])

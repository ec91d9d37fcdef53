"""The app's database, as an ORM has it: a bounded pool of connections, through a pooler.

The URL is Prisma's: `connection_limit` bounds the connections, `pool_timeout` the seconds a request
waits for one, `pgbouncer=true` says that a statement must not count on the connection of the last.
"""

import contextlib
import os
import queue
import threading
import time
from collections.abc import Iterator
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

import psycopg
from psycopg.rows import dict_row

OF_PRISMA = (
    "connection_limit",
    "pool_timeout",
    "pgbouncer",
    "schema",
    "connect_timeout",
    "prepared_statement_cache_size",
)
PROBE_SECONDS = 1.0
BEAT_SECONDS = 5.0
FRESH_SECONDS = 5.0

Row = dict[str, object]


class BusyError(Exception):
    """Every connection is in use, and stayed so."""


class Database:
    """A pool that opens connections when they are wanted, up to its limit."""

    def __init__(self, url: str) -> None:
        # SQLAlchemy's spelling, which names a driver.
        parts = urlsplit(url.replace("+asyncpg", "", 1))
        given = dict(parse_qsl(parts.query))
        kept = {key: value for key, value in given.items() if key not in OF_PRISMA}
        self._url = urlunsplit(parts._replace(query=urlencode(kept)))
        self._timeout = float(given.get("pool_timeout", "10"))
        self.limit = int(given.get("connection_limit", str((os.cpu_count() or 1) * 2 + 1)))
        self._slots = threading.BoundedSemaphore(self.limit)
        self._idle: queue.LifoQueue[psycopg.Connection[Row]] = queue.LifoQueue()
        self._seen = 0.0
        self._stuck: list[psycopg.Connection[Row]] = []

    def watch(self, source: str) -> None:
        """Look every second whether it answers, and leave a sign of life now and then."""
        threading.Thread(target=self._watch, args=(source,), daemon=True).start()

    @property
    def is_up(self) -> bool:
        """Whether it answered lately."""
        return time.monotonic() - self._seen < FRESH_SECONDS

    def query(self, statement: str, values: tuple[object, ...] = ()) -> list[Row]:
        """The rows of one statement, in a transaction of its own."""
        with self._connection() as connection, connection.transaction():
            found = connection.execute(statement, values)
            return found.fetchall() if found.description else []

    def hold(self, number: int) -> int:
        """Begin transactions and never end them, as a leak would; returns how many are held."""
        for _ in range(number):
            if not self._slots.acquire(blocking=False):
                break
            connection = self._connect()
            connection.execute("SELECT 1")
            self._stuck.append(connection)
        return len(self._stuck)

    @contextlib.contextmanager
    def _connection(self) -> Iterator[psycopg.Connection[Row]]:
        if not self._slots.acquire(timeout=self._timeout):
            raise BusyError(f"no connection within {self._timeout:g} s, the limit is {self.limit}")
        connection = None
        try:
            connection = self._take()
            yield connection
        finally:
            if connection is not None and not connection.closed:
                self._idle.put(connection)
            self._slots.release()

    def _take(self) -> psycopg.Connection[Row]:
        with contextlib.suppress(queue.Empty):
            while True:
                connection = self._idle.get_nowait()
                if not connection.closed:
                    return connection
        return self._connect()

    def _connect(self) -> psycopg.Connection[Row]:
        return psycopg.connect(
            self._url,
            autocommit=False,
            connect_timeout=3,
            prepare_threshold=None,  # the pooler gives each transaction another connection
            row_factory=dict_row,
        )

    def _watch(self, source: str) -> None:
        beaten = 0.0
        while True:
            began = time.monotonic()
            with contextlib.suppress(psycopg.Error, BusyError):
                self.query("SELECT 1")
                self._seen = time.monotonic()
                if began - beaten >= BEAT_SECONDS:
                    beaten = began
                    self.query("INSERT INTO heartbeat (source) VALUES (%s)", (source,))
            time.sleep(PROBE_SECONDS)

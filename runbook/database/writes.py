"""Stopping all writes to the database, for sure, and the way back.

The database's default for new transactions is turned to read-only, and every connection from before
is ended: a pooler keeps its own for long, and they would go on with the old default. A client that
asks for a writing transaction by name could still have one; Prisma does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from clients import postgres
from clients.dns import Resolver
from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    import psycopg

    from common.target import DatabaseTarget, Target
    from common.waiting import Attempt

_BOUND = 60.0
STUCK_SECONDS = 60
# Ours may be read-only itself, and such a one must not change the default.
_MAY_WRITE = "SET default_transaction_read_only = off"
_STOP = "ALTER DATABASE {} SET default_transaction_read_only = on"
_ALLOW = "ALTER DATABASE {} RESET default_transaction_read_only"
_END_OLD = """
SELECT count(*), count(*) FILTER (WHERE pg_terminate_backend(pid)) FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND datname = current_database()
  AND backend_start < %s
  AND NOT coalesce((SELECT rolsuper FROM pg_roles WHERE oid = usesysid), false)
"""
_END_STUCK = """
SELECT count(*) FROM (
  SELECT pg_terminate_backend(pid) FROM pg_stat_activity
  WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
    AND state LIKE 'idle in transaction%%' AND state_change < now() - make_interval(secs => %s)
    AND NOT coalesce((SELECT rolsuper FROM pg_roles WHERE oid = usesysid), false)
) AS ended
"""


def stop(target: Target, database: DatabaseTarget, progress: Callable[[Attempt], None]) -> None:
    """Make the database read-only and end every connection from before.

    Raises:
        OperatorError: it could not be done, or the app's way still may write.
    """
    _change(target, database, _STOP, progress)
    if not _app_is_read_only(target, database):
        raise OperatorError(
            "connections through the pooler may still write: the role has a setting of its own; "
            "see `SELECT * FROM pg_db_role_setting`"
        )


def allow(target: Target, database: DatabaseTarget, progress: Callable[[Attempt], None]) -> None:
    """Let the database be written again; raises OperatorError, see `stop`."""
    _change(target, database, _ALLOW, progress)
    if _app_is_read_only(target, database):
        raise OperatorError(
            "connections through the pooler still may only read: the role has a setting of its "
            "own, or Supabase has made the database read-only since its disk is full"
        )


def end_stuck(target: Target, database: DatabaseTarget, seconds: float = STUCK_SECONDS) -> int:
    """End connections that sit in a transaction for so long; how many.

    Raises:
        OperatorError: the database does not answer.
    """
    with postgres.connect(_direct(database), _resolver(target)) as connection:
        row = connection.execute(_END_STUCK, (seconds,)).fetchone()
    return int(row[0]) if row else 0


def _change(
    target: Target,
    database: DatabaseTarget,
    statement: str,
    progress: Callable[[Attempt], None],
) -> None:
    with postgres.connect(_direct(database), _resolver(target)) as connection:
        connection.execute(_MAY_WRITE)
        name = connection.execute("SELECT quote_ident(current_database())").fetchone()
        connection.execute(statement.format(*(name or ("postgres",))).encode())
        changed = connection.execute("SELECT clock_timestamp()").fetchone()
        _end_old(connection, changed, progress)


def _end_old(
    connection: psycopg.Connection[Any],
    before: tuple[object, ...] | None,
    progress: Callable[[Attempt], None],
) -> None:
    def look() -> bool:
        found, _ = connection.execute(_END_OLD, before).fetchone() or (0, 0)
        if found:
            raise NotYetError(f"{found} connections from before are being ended")
        return True

    wait_until(
        "every connection from before to end",
        look,
        bound=_BOUND,
        interval=0.2,
        retry_on=NotYetError,
        progress=progress,
    )


def _app_is_read_only(target: Target, database: DatabaseTarget) -> bool:
    url = database.url or database.direct_url
    with postgres.connect(url.get_secret_value() if url else "", _resolver(target)) as connection:
        row = connection.execute("SHOW transaction_read_only").fetchone()
    return bool(row and row[0] == "on")


def _direct(database: DatabaseTarget) -> str:
    url = database.direct_url or database.url
    if url is None:
        raise OperatorError(
            "this stack knows no URL of the database: set nutri:databaseUrl and "
            "nutri:databaseDirectUrl, then `pulumi up`"
        )
    return url.get_secret_value()


def _resolver(target: Target) -> Resolver:
    return Resolver(target.vantage.nameservers)

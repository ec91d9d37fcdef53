"""Who is connected to a PostgreSQL database, asked from outside."""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from agent import libpq
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import psycopg

    from clients.dns import Resolver

APPLICATION = "nutri-runbook"
"""How our own connections call themselves."""
_TIMEOUT = 5
_FULL = ("remaining connection slots", "too many clients", "too many connections")
_FULL_POOLER = (
    "no more connections allowed",
    "max clients reached",
    "maxclientsinsessionmode",
    "query_wait_timeout",  # none became free in time
)
# PostgreSQL, PgBouncer, and Supabase's own pooler.
_REFUSED = ("password authentication failed", "sasl authentication failed", "wrong password")
# As PgBouncer names a client when `application_name_add_host` is on.
_BEHIND_POOLER = re.compile(r"(?P<name>.*) - (?P<address>[0-9a-f.:]+):\d+")
_LIMITS = (
    "SELECT current_setting('max_connections')::int,"
    " current_setting('superuser_reserved_connections')::int, current_user::text,"
    " current_setting('default_transaction_read_only') = 'on'"
)
_SESSIONS = """
SELECT pid, coalesce(usename::text, ''), coalesce(application_name, ''),
  coalesce(host(client_addr), ''), coalesce(state, ''),
  coalesce(extract(epoch FROM now() - state_change)::float, 0)
FROM pg_stat_activity
WHERE backend_type = 'client backend' AND pid <> pg_backend_pid()
ORDER BY state_change
"""


class DatabaseError(OperatorError):
    """The database does not answer; the text says why, without any secret."""


class PasswordRefusedError(DatabaseError):
    """It answers, and does not take the password."""


class FullError(DatabaseError):
    """It answers, and has no connection left."""


@dataclass(frozen=True)
class Session:
    """One connection; `seconds` is how long it has been in its state."""

    pid: int
    user: str
    application: str
    client: str
    state: str
    seconds: float

    @property
    def is_busy(self) -> bool:
        """Whether it is in a transaction: what a pooler can give to nobody else."""
        return self.state not in {"", "idle"}


@dataclass(frozen=True)
class Sessions:
    """All connections, and how many there may be."""

    limit: int
    """For others than the platform's own superuser."""
    user: str
    """Our own role, which is the app's."""
    all: tuple[Session, ...]
    read_only: bool = False
    """Whether new connections may not write: somebody has stopped the writes."""

    @property
    def busy(self) -> tuple[Session, ...]:
        """The app's that are at work."""
        return tuple(one for one in self.all if one.is_busy and one.user == self.user)


@contextlib.contextmanager
def connect(url: str, resolver: Resolver) -> Iterator[psycopg.Connection[Any]]:
    """A connection in autocommit, to the address that the vantage's DNS gives.

    Raises:
        FullError: there is no connection left.
        PasswordRefusedError: it does not take the password.
        DatabaseError: no name, no answer, or no entry.
    """
    import psycopg  # noqa: PLC0415 - most runs need no driver

    plain, host = libpq.plain(url), urlsplit(url).hostname or ""
    address = resolver.reachable(host)
    try:
        with psycopg.connect(
            plain,
            hostaddr=address,
            connect_timeout=_TIMEOUT,
            autocommit=True,
            prepare_threshold=None,
            application_name=APPLICATION,
        ) as connection:
            yield connection
    except psycopg.Error as error:
        raise _explained(host, str(error)) from None


def set_password(connection: psycopg.Connection[Any], password: str) -> None:
    """Give our own role another password; what travels, and what is logged, is its verifier."""
    from psycopg import sql  # noqa: PLC0415 - see `connect`

    (user,) = connection.execute("SELECT current_user::text").fetchone() or ("",)
    verifier = connection.pgconn.encrypt_password(
        password.encode(), user.encode(), b"scram-sha-256"
    ).decode()
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(sql.Identifier(user), sql.Literal(verifier))
    )


def sessions(url: str, resolver: Resolver) -> Sessions:
    """Everybody who is connected but us; raises DatabaseError, see `connect`."""
    with connect(url, resolver) as connection:
        limit, reserved, user, read_only = connection.execute(_LIMITS).fetchone() or (0, 0, "", 0)
        rows = connection.execute(_SESSIONS).fetchall()
    ours = [_unwrapped(Session(*row)) for row in rows]
    return Sessions(limit - reserved, user, tuple(ours), bool(read_only))


def _unwrapped(session: Session) -> Session:
    found = _BEHIND_POOLER.fullmatch(session.application)
    if not found:
        return session
    return replace(session, application=found["name"], client=found["address"])


def _explained(host: str, said: str) -> DatabaseError:
    text = said.lower()
    if any(words in text for words in (*_FULL, *_FULL_POOLER)):
        return FullError(f"{host} has no connection left: {_last_line(said)}")
    if any(words in text for words in _REFUSED):
        return PasswordRefusedError(f"the database at {host} refuses us: {_last_line(said)}")
    return DatabaseError(f"the database at {host} does not answer: {_last_line(said)}")


def _last_line(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    failed = [line for line in lines if "failed" in line or "FATAL" in line] or lines
    return failed[0] if failed else "it says nothing"

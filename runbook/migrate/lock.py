"""Who holds the lock that Prisma takes for a migration, so that two runs do not get mixed up."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients import postgres
from clients.dns import Resolver
from common.duration import spoken
from common.errors import OperatorError
from common.waiting import NotYetError, WaitTimeoutError, wait_until

if TYPE_CHECKING:
    from collections.abc import Callable

    from common.target import Vantage
    from common.waiting import Attempt

# pg_advisory_lock(72707369): one number, so its upper half, the classid, is 0.
LOCK = 72_707_369
_HOLDERS = """
SELECT a.pid, coalesce(a.usename::text, ''), coalesce(a.application_name, ''),
  coalesce(host(a.client_addr), ''), coalesce(extract(epoch FROM now() - a.query_start)::float, 0)
FROM pg_locks l JOIN pg_stat_activity a USING (pid)
WHERE l.locktype = 'advisory' AND l.granted AND l.classid = 0 AND l.objid = %s
  AND l.objsubid = 1
  AND l.database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""
_SECONDS = 60.0


@dataclass(frozen=True)
class Holder:
    """A connection that migrates, or has forgotten to let go."""

    pid: int
    user: str
    application: str
    client: str
    seconds: float

    def __str__(self) -> str:
        """One line."""
        place = f" from {self.client}" if self.client else ""
        name = f"{self.application} as {self.user}" if self.application else self.user
        return f"process {self.pid} ({name}{place}, since {spoken(self.seconds)})"


def holder(url: str, vantage: Vantage) -> Holder | None:
    """Who holds it now; raises `clients.postgres.DatabaseError`."""
    with postgres.connect(url, Resolver(vantage.nameservers)) as connection:
        row = connection.execute(_HOLDERS, (LOCK,)).fetchone()
    return Holder(*row) if row else None


def wait_for_it(
    look: Callable[[], Holder | None],
    *,
    bound: float = _SECONDS,
    progress: Callable[[Attempt], None] | None = None,
) -> None:
    """Wait until nobody migrates.

    Raises:
        OperatorError: somebody still does, and who.
    """

    def is_free() -> bool:
        found = look()
        if found:
            raise NotYetError(f"{found} holds Prisma's lock")
        return True

    try:
        wait_until(
            "the migration under way to end", is_free, bound=bound, interval=1, progress=progress
        )
    except WaitTimeoutError:
        found = look()
        if found is None:
            return
        raise OperatorError(
            f"another migration is under way: {found} holds Prisma's lock. Nothing was touched. "
            "Wait for it, then the same command again; where nobody migrates, end that process: "
            f"`SELECT pg_terminate_backend({found.pid})`"
        ) from None

"""What is known of the database at one moment, whatever of it can be asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import checks
from checks import Status
from checks.database import reachable
from checks.observer import Observer
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from checks import Report, Result
    from clients.postgres import Session
    from common.target import DatabaseTarget, Target

CHECKS = ("database-status", "database-writes", "pool", "pooled-url", "database-backups")


@dataclass(frozen=True)
class State:
    """What the checks say, and who is connected, the longest first."""

    report: Report
    sessions: tuple[Session, ...] = ()

    def result(self, check: str) -> Result | None:
        """What one check says; None where it has nothing to look at."""
        return next((one for one in self.report.results if one.check == check), None)

    def is_red(self, check: str) -> bool:
        """Whether a check is red."""
        found = self.result(check)
        return found is not None and found.verdict.status is Status.RED

    def lines(self) -> Sequence[str]:
        """As text: the checks, then the connections."""
        rows = [("pid", "application", "client", "user", "state", "for")]
        rows += [_row(one) for one in self.sessions]
        widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
        table = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        return [*self.report.table().splitlines(), *(["", *table] if self.sessions else [])]

    def as_json(self) -> dict[str, Any]:
        """As a JSON object."""
        return self.report.as_json() | {"connections": [asdict(one) for one in self.sessions]}


def find(target: Target) -> DatabaseTarget:
    """The stack's database.

    Raises:
        OperatorError: it knows of none.
    """
    if target.database is None:
        raise OperatorError(
            "this stack knows of no database: set nutri:supabaseProject, nutri:supabaseToken, "
            "nutri:databaseUrl and nutri:databaseDirectUrl, then `pulumi up`; see docs/database.md"
        )
    return target.database


def look(target: Target) -> State:
    """Run the checks of the database, and list who is connected; raises OperatorError, see `find`.

    Connections that cannot be listed are none: the checks say why.
    """
    find(target)
    report = checks.run(target, checks.select(CHECKS))
    return State(report, _sessions(target))


def _sessions(target: Target) -> tuple[Session, ...]:
    found: tuple[Session, ...] = ()
    with Observer(target) as observer:
        for database in reachable(target).values():
            url = database.direct_url or database.url
            try:
                found = observer.sessions(url.get_secret_value() if url else "").all
            except OperatorError:
                continue
    return tuple(sorted(found, key=lambda one: (not one.is_busy, -one.seconds)))


def _row(one: Session) -> tuple[str, str, str, str, str, str]:
    age = f"{one.seconds:.0f} s"
    return str(one.pid), one.application or "-", one.client or "-", one.user, one.state or "-", age

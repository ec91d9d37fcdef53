"""The steps' tools on a real database."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from agent import libpq
from clients import postgres
from clients.dns import Resolver
from clients.http import trust
from clients.supabase import Phase, Supabase
from common.errors import OperatorError
from common.waiting import NotYetError, WaitTimeoutError, wait_until
from runbook import output, rolling_restart, servers
from runbook.database import writes
from runbook.database.state import State, look

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from common.target import DatabaseTarget, ServiceTarget, Target
    from runbook.rolling_restart import Restarted

# Supabase speaks of two to five minutes; a large database takes longer.
_RESTORE_SECONDS = 900.0
_ANSWER_SECONDS = 120.0
_FREE_SECONDS = 60.0
_BEGIN_SECONDS = 20.0
_DASHBOARD = "https://supabase.com/dashboard/project"


@dataclass(frozen=True)
class LiveTools:
    """Does what `Tools` asks for, to the database of a stack."""

    target: Target
    database: DatabaseTarget
    yes: bool

    def look(self) -> State:
        """By the checks."""
        return look(self.target)

    def phase(self) -> Phase | None:
        """As Supabase tells it."""
        return self.supabase.project().phase if self._is_managed else None

    def confirm(self, question: str) -> None:
        """At the terminal, unless --yes."""
        output.confirm(question, yes=self.yes)

    def restore_project(self) -> None:
        """By Supabase's API."""
        self.supabase.restore()

    def wait_for_project(self) -> None:
        """The API says so first; the database answers a little later."""

        def is_active() -> bool:
            project = self.supabase.project()
            if project.phase is not Phase.ACTIVE:
                raise NotYetError(f"its status is {project.status}")
            return True

        wait_until(
            "the project to be active",
            is_active,
            bound=_RESTORE_SECONDS,
            max_interval=10.0,
            progress=output.waiting,
        )
        wait_until(
            "the database to answer",
            self._answers,
            bound=_ANSWER_SECONDS,
            max_interval=5.0,
            progress=output.waiting,
        )

    @property
    def name(self) -> str:
        """The database's, as its URL has it."""
        url = self.database.direct_url or self.database.url
        return libpq.environment(url.get_secret_value())["PGDATABASE"] if url else "postgres"

    def wait_for_recovery(self) -> None:
        """It ends being active first, then is again, and answers with a transaction of its own."""

        def is_at_it() -> bool:
            if self.supabase.project().phase is Phase.ACTIVE:
                raise NotYetError("Supabase has not begun yet")
            return True

        with contextlib.suppress(WaitTimeoutError):  # a small one may be over before it is seen
            wait_until("Supabase to begin", is_at_it, bound=_BEGIN_SECONDS, interval=0.5)
        self.wait_for_project()

    def restart_services(self) -> str:
        """Through Coolify; by Docker when Coolify cannot."""
        service = servers.find_service(self.target, self.database.service)
        try:
            done = self._restart(service)
        except OperatorError as error:
            output.say(f"Coolify could not: {error}")
            done = self._restart_hard(service)
        return f"{service.name}: {output.counted(done, 'replica')} restarted"

    def end_stuck(self) -> str:
        """Those that sit in a transaction for a minute or more."""
        count = writes.end_stuck(self.target, self.database)
        told = f"{output.counted(count, 'connection')} ended"
        return told if count else f"{told}: none has sat in a transaction for a minute yet"

    def wait_for_connections(self, *, end_stuck: bool = False) -> State:
        """Those of a container that has gone end a little later, stuck ones after a minute."""
        last: list[State] = []

        def look_again() -> bool:
            if end_stuck:
                writes.end_stuck(self.target, self.database)
            last[:] = [self.look()]
            if last[0].is_red("pool"):
                raise NotYetError("the pool is still exhausted")
            return True

        bound = _FREE_SECONDS + (writes.STUCK_SECONDS if end_stuck else 0)
        try:
            wait_until("connections to be left", look_again, bound=bound, progress=output.waiting)
        except WaitTimeoutError as error:
            output.say(str(error))
        return last[0]

    def ways_back(self) -> Sequence[str]:
        """From our own dumps, and from Supabase's backups."""
        stop = "`runbook database doctor --stop-writes` first, so that it does not get worse"
        own = [
            "`runbook dump list`, then `runbook restore --to scratch --at TIME` to look, then",
            "`runbook restore --to URL --at TIME`: from our own dumps",
        ]
        page = f"{_DASHBOARD}/{self.database.project}/database/backups"
        theirs = f"`runbook database restore --at TIME`, where the plan has that; else {page}"
        return [stop, *own, theirs]

    @property
    def supabase(self) -> Supabase:
        """The project's API."""
        return Supabase.of(self.database, trust(self.target.vantage.ca_bundle))

    @property
    def _is_managed(self) -> bool:
        return bool(self.database.project and self.database.token)

    def _answers(self) -> bool:
        url = self.database.direct_url or self.database.url
        if url is None:
            return True
        resolver = Resolver(self.target.vantage.nameservers)
        with postgres.connect(url.get_secret_value(), resolver) as connection:
            return connection.execute("SELECT 1").fetchone() is not None

    def _restart(self, service: ServiceTarget) -> int:
        with (
            servers.connect_all(self.target) as clients,
            rolling_restart.coolify_over(clients[0], self.target.coolify) as api,
        ):
            return _told(rolling_restart.restart(service, clients, api, output.waiting))

    def _restart_hard(self, service: ServiceTarget) -> int:
        with servers.connect_all(self.target) as clients:
            return _told(rolling_restart.restart_hard(service, clients, output.waiting))


def _told(restarted: Iterable[Restarted]) -> int:
    count = 0
    for one in restarted:
        output.say(f"{one.replica} is healthy again after {one.seconds:.0f} s")
        count += 1
    return count

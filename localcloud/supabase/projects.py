"""Projects: their books, and the ways from one status to the next."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import secrets
import string
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import TYPE_CHECKING

from anyio import to_thread

from localcloud.supabase import constants
from localcloud.supabase.databases import DatabaseError, DatabaseSpec
from localcloud.supabase.errors import NotFoundError, SupabaseError

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

    from localcloud.hetzner.clock import Clock
    from localcloud.state import State
    from localcloud.supabase.databases import Databases

    Work = Callable[[Databases], None]

_log = logging.getLogger("localcloud.supabase")
_REF_LENGTH = 20
_RETRY_SECONDS = 5.0


class Status(StrEnum):
    """The vendor's words, as far as the double uses them."""

    ACTIVE = "ACTIVE_HEALTHY"
    UNHEALTHY = "ACTIVE_UNHEALTHY"
    COMING_UP = "COMING_UP"
    PAUSING = "PAUSING"
    INACTIVE = "INACTIVE"
    RESTORING = "RESTORING"
    FAILED = "RESTORE_FAILED"


@dataclass(frozen=True)
class Project:
    """One project with its database."""

    id: int
    ref: str
    name: str
    region: str
    created: float
    """Seconds since the epoch."""
    password: str
    status: Status = Status.COMING_UP
    pool_size: int = constants.POOL_SIZE
    major: int = constants.MAJOR
    """PostgreSQL's version."""
    is_down: bool = False
    """An outage: the database does not answer though nobody paused it."""

    @property
    def shown_status(self) -> Status:
        """The status as the API tells it."""
        healthy = self.status is Status.ACTIVE
        return Status.UNHEALTHY if healthy and self.is_down else self.status

    @property
    def host(self) -> str:
        """The poolers' name."""
        return constants.host_of(self.ref)

    @property
    def direct_host(self) -> str:
        """The database's own name."""
        return constants.direct_host_of(self.ref)


@dataclass
class Knobs:
    """What a test may turn; nothing of it is remembered."""

    pause_seconds: float = 0.0
    restore_seconds: float = 0.0
    """The vendor takes two to five minutes."""
    backups: str = "daily"
    """`daily`, `stale` (the newest is three days old) or `none`."""
    pitr: bool = True
    """Whether the plan has point-in-time recovery."""
    calls: list[str] = field(default_factory=list)


class Projects:
    """All projects of the account."""

    def __init__(
        self, state: State, clock: Clock, databases: Callable[[], Databases], block: int
    ) -> None:
        """`databases` is called beside the event loop: what it imports may take a while."""
        self._table = state.table("supabase_project", Project)
        self._state = state
        self._databases = databases
        self._block = block
        self._tasks: set[asyncio.Task[None]] = set()
        self.clock = clock
        self.knobs = Knobs()

    def all(self) -> list[Project]:
        """Every project."""
        return list(self._table)

    def get(self, ref: str) -> Project:
        """The project; raises NotFoundError."""
        for project in self._table:
            if project.ref == ref:
                return project
        raise NotFoundError("Project not found")

    def addresses(self) -> dict[str, str]:
        """The poolers' and databases' names with their addresses on this machine."""
        poolers = {project.host: self.address(project) for project in self._table}
        return poolers | {one.direct_host: self.direct_address(one) for one in self._table}

    def address(self, project: Project) -> str:
        """Where the poolers answer on this machine: out of the block's last row."""
        return f"127.{self._block}.255.{_last(project)}"

    def direct_address(self, project: Project) -> str:
        """Where the database itself answers."""
        return constants.direct_address(self._block, _last(project))

    async def start(self) -> None:
        """Begin where the last process ended; the first project is made where there is none."""
        if not self._table:
            self._add(constants.PROJECT_REF, constants.PROJECT_NAME, constants.PASSWORD)
        for project in self._table:
            self._begin(self._bring_up(project))

    async def stop(self) -> None:
        """Let go of what runs; the databases stay."""
        for task in tuple(self._tasks):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task

    async def remove_all(self) -> None:
        """Remove every database; raises SupabaseError for one that stays."""
        await self.stop()
        for project in self._table:
            await self._remove(project)
        self.knobs = Knobs()

    def create(
        self, name: str, password: str, region: str, major: int = constants.MAJOR
    ) -> Project:
        """Begin a new project; its database is empty."""
        letters = string.ascii_lowercase
        ref = "".join(secrets.choice(letters) for _ in range(_REF_LENGTH))
        project = self._add(ref, name, password, region, major)
        self._begin(self._bring_up(project))
        return project

    async def delete(self, project: Project) -> None:
        """Remove a project and its data."""
        await self._call(lambda databases: databases.delete(project.ref))
        self._table.drop(project.id)

    def pause(self, project: Project) -> None:
        """Begin to pause; raises SupabaseError unless it is active."""
        if project.status is not Status.ACTIVE:
            raise SupabaseError(f"Project is not active: its status is {project.shown_status}")
        self._change(project.ref, status=Status.PAUSING)
        self._begin(self._pause(project.ref))

    def restore(self, project: Project) -> None:
        """Begin to bring a paused project back; raises SupabaseError unless it is paused."""
        if project.status is not Status.INACTIVE:
            raise SupabaseError(f"Project is not paused: its status is {project.shown_status}")
        self._change(project.ref, status=Status.COMING_UP, is_down=False)
        self._begin(self._restore(project.ref))

    def restore_to(self, project: Project, moment: float) -> None:
        """Begin to take the data back; raises SupabaseError for a moment it cannot be had of."""
        if not self.knobs.pitr:
            raise SupabaseError("PITR is not enabled for this project")
        if project.status is not Status.ACTIVE or project.is_down:
            raise SupabaseError(f"Project is not active: its status is {project.shown_status}")
        if not project.created < moment < self.clock.seconds():
            raise SupabaseError("recovery_time_target_unix is outside of the recovery window")
        self._change(project.ref, status=Status.RESTORING)
        target = datetime.fromtimestamp(moment - self.clock.offset, UTC)
        self._begin(self._restore_to(project.ref, target))

    async def set_pool_size(self, project: Project, size: int) -> Project:
        """Change the size of the pool."""
        await self._call(lambda databases: databases.set_pool_size(project.ref, size))
        return self._change(project.ref, pool_size=size)

    async def set_password(self, project: Project, password: str) -> None:
        """Change the password of the role `postgres`."""
        await self._call(lambda databases: databases.set_password(project.ref, password))
        self._change(project.ref, password=password)

    async def set_down(self, project: Project, *, down: bool) -> None:
        """Begin or end an outage of the database."""
        ref = project.ref
        await self._call(lambda them: them.stop(ref) if down else them.start(ref))
        self._change(project.ref, is_down=down)

    async def hold(self, project: Project, number: int, port: int) -> None:
        """Hold connections in place of those held so far."""
        await self._call(lambda databases: databases.release(project.ref))
        if number:
            await self._call(lambda databases: databases.hold(project.ref, number, port))

    def _add(
        self,
        ref: str,
        name: str,
        password: str,
        region: str = "eu-central-1",
        major: int = constants.MAJOR,
    ) -> Project:
        number, created = self._state.next_id(), self.clock.seconds()
        made = Project(number, ref, name, region, created, password, major=major)
        return self._table.put(made)

    def _change(self, ref: str, **fields: object) -> Project:
        return self._table.put(replace(self.get(ref), **fields))  # type: ignore[arg-type]

    def _begin(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _call(self, work: Work) -> None:
        try:
            await self._do(work)
        except DatabaseError as error:
            raise SupabaseError(str(error)) from error

    async def _remove(self, project: Project) -> None:
        try:
            await self._call(lambda databases: databases.delete(project.ref))
        except SupabaseError as error:
            if project.status is not Status.COMING_UP:
                raise
            _log.warning("no database of %s to remove: %s", project.ref, error)

    async def _do(self, work: Work) -> None:
        await to_thread.run_sync(lambda: work(self._databases()))

    async def _bring_up(self, project: Project) -> None:
        """Have a database as the books say, however long the engine takes to be there."""
        while not self._is_gone(project.ref):
            try:
                await self._do(lambda databases: databases.create(self._spec(project)))
                break
            except DatabaseError as error:
                _log.warning("no database of %s yet: %s", project.ref, error)
                await asyncio.sleep(_RETRY_SECONDS)
        if self._is_gone(project.ref):
            return
        project = self.get(project.ref)  # it may have been asked for something else meanwhile
        if project.status is Status.PAUSING:
            await self._pause(project.ref)
        elif project.status is not Status.INACTIVE and not project.is_down:
            await self._end(project.ref, Status.ACTIVE, lambda them: _serve(them, project))

    async def _pause(self, ref: str) -> None:
        await asyncio.sleep(self.knobs.pause_seconds)
        await self._end(ref, Status.INACTIVE, lambda databases: databases.stop(ref))

    async def _restore(self, ref: str) -> None:
        await asyncio.sleep(self.knobs.restore_seconds)
        await self._end(ref, Status.ACTIVE, lambda databases: databases.start(ref))

    async def _restore_to(self, ref: str, moment: datetime) -> None:
        await asyncio.sleep(self.knobs.restore_seconds)
        await self._end(ref, Status.ACTIVE, lambda them: them.restore_to(ref, moment))

    async def _end(self, ref: str, status: Status, work: Work) -> None:
        try:
            await self._do(work)
        except DatabaseError:
            _log.exception("the project %s did not become %s", ref, status)
            status = Status.FAILED
        if self._is_gone(ref):  # deleted meanwhile, when the work may have begun anew
            await self._do(lambda databases: databases.delete(ref))
        else:
            self._change(ref, status=status)

    def _is_gone(self, ref: str) -> bool:
        return all(project.ref != ref for project in self._table)

    def _spec(self, project: Project) -> DatabaseSpec:
        return DatabaseSpec(
            ref=project.ref,
            host=project.host,
            address=self.address(project),
            password=project.password,
            seeded=project.ref == constants.PROJECT_REF,
            direct_address=self.direct_address(project),
            major=project.major,
        )


def _last(project: Project) -> int:
    """What its addresses end with."""
    return 1 if project.ref == constants.PROJECT_REF else 2 + project.id % 253


def _serve(databases: Databases, project: Project) -> None:
    databases.start(project.ref)
    databases.set_pool_size(project.ref, project.pool_size)

"""Actions and the tasks behind them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from localcloud.hetzner.busy import note_action
from localcloud.hetzner.errors import ApiError, LockedError, NotFoundError
from localcloud.hetzner.machines import MachineError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from localcloud.hetzner.clock import Clock
    from localcloud.hetzner.knobs import Knobs
    from localcloud.state import State

Work = Callable[[], Awaitable[None]]
"""What an action does; raises MachineError or ApiError where it fails."""
QUICK_SECONDS = 0.2
"""How long an instant action may take and still be a success in the first answer."""

_log = logging.getLogger("localcloud.actions")


@dataclass(frozen=True)
class Resource:
    """What an action is about."""

    id: int
    type: str


@dataclass(frozen=True)
class ActionError:
    """Why an action failed."""

    code: str
    message: str


@dataclass(frozen=True)
class Action:
    """One piece of work; `status` is running, success or error."""

    id: int
    command: str
    resources: tuple[Resource, ...]
    started: str
    locks: bool
    """Whether servers among the resources take no other action meanwhile."""
    status: str = "running"
    finished: str | None = None
    error: ActionError | None = None

    def concerns(self, kind: str, number: int) -> bool:
        """Whether the action is about this thing."""
        return Resource(number, kind) in self.resources


class Actions:
    """All actions, and the tasks of those that run."""

    def __init__(self, state: State, clock: Clock, knobs: Knobs) -> None:
        self._state = state
        self._clock = clock
        self._knobs = knobs
        self._table = state.table("action", Action)
        self._tasks: dict[int, asyncio.Task[None]] = {}
        self._chores: set[asyncio.Task[None]] = set()

    def get(self, number: int) -> Action:
        """The action; raises NotFoundError."""
        action = self._table.get(number)
        if action is None:
            raise NotFoundError.thing("action", number)
        return action

    def all(self) -> list[Action]:
        """Every action there ever was, oldest first."""
        return list(self._table)

    def running(self) -> list[Action]:
        """The actions that are not done."""
        return [self.get(number) for number in self._tasks]

    def locked(self, server_id: int) -> bool:
        """Whether an action of this server still runs."""
        return any(
            action.locks and action.concerns("server", server_id) for action in self.running()
        )

    def check_unlocked(self, server_id: int) -> None:
        """Raise LockedError while an action of this server runs."""
        if self.locked(server_id):
            raise LockedError("server is locked: another action still runs")

    def start(
        self, command: str, resources: Iterable[tuple[str, int]], work: Work, *, locks: bool = True
    ) -> Action:
        """Start an action and return it, running."""
        action = Action(
            id=self._state.next_id(),
            command=command,
            resources=tuple(Resource(number, kind) for kind, number in resources),
            started=self._clock.stamp(),
            locks=locks,
        )
        self._table.put(action)
        note_action(action.id)
        self._tasks[action.id] = asyncio.create_task(self._run(action, work))
        return action

    async def settle(self, *actions: Action) -> list[Action]:
        """The actions as the first answer shows them: done, if they are instant and quick."""
        tasks = [self._tasks[action.id] for action in actions if action.id in self._tasks]
        if tasks and self._knobs.timing == "instant":
            await asyncio.wait(tasks, timeout=QUICK_SECONDS)
        return [self.get(action.id) for action in actions]

    async def finish(
        self, command: str, resources: Iterable[tuple[str, int]], work: Work, *, locks: bool = True
    ) -> Action:
        """Start an action and return it as the first answer shows it."""
        return (await self.settle(self.start(command, resources, work, locks=locks)))[0]

    async def wait_for(self, action: Action) -> bool:
        """Wait until another action ended; returns whether it succeeded."""
        task = self._tasks.get(action.id)
        if task is not None:
            await asyncio.wait([task])
        return self.get(action.id).status == "success"

    def aside(self, work: Work) -> None:
        """Run what no action tells about, such as a shutdown that was only requested."""
        task = asyncio.create_task(_logged(work))
        self._chores.add(task)
        task.add_done_callback(self._chores.discard)

    def end_interrupted(self) -> None:
        """Fail the actions that ran when the process ended last."""
        for action in self._table:
            if action.status == "running":
                self._end(action, ActionError("action_failed", "interrupted by a restart"))

    async def idle(self) -> None:
        """Wait until nothing runs any more."""
        while pending := [*self._tasks.values(), *self._chores]:
            await asyncio.wait(pending)

    async def cancel(self) -> None:
        """Stop waiting for whatever runs, for a shutdown."""
        pending = [*self._tasks.values(), *self._chores]
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)

    async def _run(self, action: Action, work: Work) -> None:
        error: ActionError | None
        try:
            await self._pass_time()
            error = self._knobs.action_fault(action.command)
            if error is None:
                await work()
        except MachineError as problem:
            error = ActionError("action_failed", str(problem))
        except ApiError as problem:
            error = ActionError(problem.code, problem.message)
        except asyncio.CancelledError:
            self._tasks.pop(action.id, None)
            raise
        except Exception:  # noqa: BLE001 the action tells, the log has the traceback
            _log.exception("action %s %s failed", action.id, action.command)
            error = ActionError("server_error", "the local cloud failed; its log says why")
        self._tasks.pop(action.id, None)
        self._end(action, error)

    def _end(self, action: Action, error: ActionError | None) -> None:
        status = "error" if error else "success"
        if error:
            _log.warning("%s of %s: %s", action.command, action.resources, error.message)
        if self._table.get(action.id) is None:
            return  # everything was reset meanwhile
        self._table.put(replace(action, status=status, error=error, finished=self._clock.stamp()))

    async def _pass_time(self) -> None:
        if self._knobs.timing == "realistic":
            await asyncio.sleep(self._knobs.action_seconds)


async def _logged(work: Work) -> None:
    try:
        await work()
    except MachineError as problem:
        _log.warning("%s", problem)
    except Exception:  # noqa: BLE001 nobody waits for it; the log has the traceback
        _log.exception("work aside of the actions failed")

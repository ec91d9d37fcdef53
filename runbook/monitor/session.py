"""A run of monitors from the command line: for some time, or around a command."""

from __future__ import annotations

import asyncio
import contextlib
import signal
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.monitor.monitor import Monitor
from runbook.monitor.schedule import MAX_SECONDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from common.target import ServiceTarget, Target
    from runbook.monitor.probe import Only

_BEFORE_AND_AFTER = 5.0  # seconds of plain traffic around a command, to compare with
_PROGRESS = 5.0
_STDERR = 2
_STOPPED_BY = (signal.SIGINT, signal.SIGTERM)


@dataclass(frozen=True)
class Session:
    """What to run: at `rate` requests a second over all services together.

    `command` is run while the monitors run, and marked; it takes the place of `seconds`.
    `only` is asked for instead of the usual.
    """

    target: Target
    services: Sequence[ServiceTarget]
    rate: float
    seconds: float = MAX_SECONDS
    command: Sequence[str] = ()
    only: Only | None = None


@dataclass(frozen=True)
class Outcome:
    """The monitors, ended, and the code of the command (0 without one)."""

    monitors: tuple[Monitor, ...]
    code: int = 0


def run(session: Session, say: Callable[[str], None]) -> Outcome:
    """Run a session; an interrupt ends it early, and what was seen until then counts.

    Raises:
        OperatorError: a monitor cannot start.
    """
    return asyncio.run(_run(session, say))


async def _run(session: Session, say: Callable[[str], None]) -> Outcome:
    share = session.rate / len(session.services)
    monitors = tuple(
        Monitor(session.target, one, rate=share, only=session.only) for one in session.services
    )
    stop = asyncio.Event()
    with _stopped_by_signals(stop):
        async with contextlib.AsyncExitStack() as stack:
            for monitor in monitors:
                await stack.enter_async_context(monitor)
            progress = asyncio.create_task(_progress(monitors, say))
            stack.callback(progress.cancel)
            code = await _during(session, monitors, stop)
    return Outcome(monitors, code)


async def _during(session: Session, monitors: Sequence[Monitor], stop: asyncio.Event) -> int:
    if not session.command:
        await _wait(stop, session.seconds)
        return 0
    await _wait(stop, _BEFORE_AND_AFTER)
    if stop.is_set():
        return 0
    name = session.command[0]
    _mark(monitors, f"{name} starts")
    code = await _execute(session.command)
    _mark(monitors, f"{name} ended")
    await _wait(stop, _BEFORE_AND_AFTER)
    return code


async def _execute(command: Sequence[str]) -> int:
    """Run it with its lines on standard error: standard output stays the report's."""
    try:
        process = await asyncio.create_subprocess_exec(*command, stdout=_STDERR)
    except OSError as error:
        raise OperatorError(f"--during: {command[0]} cannot be run: {error.strerror}") from error
    return await process.wait()


def _mark(monitors: Sequence[Monitor], label: str) -> None:
    for monitor in monitors:
        monitor.mark(label)


async def _wait(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)


async def _progress(monitors: Sequence[Monitor], say: Callable[[str], None]) -> None:
    elapsed = 0.0
    while True:
        await asyncio.sleep(_PROGRESS)
        elapsed += _PROGRESS
        sent, failed = sum(one.sent for one in monitors), sum(one.failed for one in monitors)
        say(f"  {elapsed:.0f} s: {sent} requests, {failed} failed")


@contextlib.contextmanager
def _stopped_by_signals(stop: asyncio.Event) -> Iterator[None]:
    loop = asyncio.get_running_loop()
    for number in _STOPPED_BY:
        loop.add_signal_handler(number, stop.set)
    try:
        yield
    finally:
        for number in _STOPPED_BY:
            loop.remove_signal_handler(number)

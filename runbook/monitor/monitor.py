"""The monitor: an async context manager that sends requests from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import TYPE_CHECKING, Self

import httpx

from checks.names import Resolver
from checks.web import trust
from common.errors import OperatorError
from runbook.monitor.report import Report
from runbook.monitor.requester import Place, Requester
from runbook.monitor.sample import Connection, Mark, Sample
from runbook.monitor.schedule import Turn, checked_rate, single_turns, turns

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target

RATE = 50.0
TIMEOUT = 10.0
_RESOLVE_SECONDS = 5.0
_MOST_LATE = 1.0


class MonitorNotPossibleError(OperatorError):
    """There is nothing to compare with: the service is not well at the start."""


class Monitor:
    """Requests at a constant rate to one service of the stack, and to nothing else.

    Three kinds of connection take part: fresh ones, a pool that is kept alive, and one that is held
    over the whole run; beside them, where the service names paths for it, always one slow request
    and one streamed. A request has failed when its answer is not 200 or does not come whole.
    """

    def __init__(
        self,
        target: Target,
        service: ServiceTarget,
        *,
        rate: float = RATE,
        timeout: float = TIMEOUT,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            target: the stack, whose vantage says how to resolve and what to trust.
            service: one of its services.
            rate: requests a second, at most `MAX_RATE`.
            timeout: seconds after which a request has failed.

        Raises:
            OperatorError: the rate may not be, or the service is none of the target's.
        """
        if service not in target.services:
            raise OperatorError(f"{service.name} is no service of stack {target.stack}")
        self.service = service
        self._rate = checked_rate(rate)
        self._url = httpx.URL(service.url)
        self._resolver = Resolver(target.vantage.nameservers)
        self._requester = Requester(trust(target.vantage.ca_bundle), self._now, timeout)
        self._started = time.monotonic()
        self._ended: float | None = None
        self._samples: list[Sample] = []
        self._marks: list[Mark] = []
        self._left_out = 0
        self._sending: set[asyncio.Task[None]] = set()
        self._loops: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        """Find the paths that are well, and start.

        Raises:
            MonitorNotPossibleError: none is well.
            NameNotResolvedError: the service's name has no address.
        """
        await self._requester.__aenter__()
        try:
            self._place = await self._resolved()
            paths = await self._paths()
            singles = [(Connection.HELD, paths[0]), *await self._long_paths()]
            self._requester.forget_counts()
        except BaseException:
            await self._requester.__aexit__()
            raise
        self._started = time.monotonic()
        loops = (
            self._send_all(turns(self._rate, paths)),
            *(self._send_singly(single_turns(*one, self._rate)) for one in singles),
            self._follow_name(),
        )
        self._loops = [asyncio.create_task(loop) for loop in loops]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Stop sending, and wait for the answers that are still to come."""
        self._ended = self._now()
        for loop in self._loops:
            loop.cancel()
        try:
            await asyncio.gather(*self._loops, return_exceptions=True)
            await asyncio.gather(*self._sending)
        finally:
            await self._requester.__aexit__()

    def mark(self, label: str) -> None:
        """Name this moment; may be called from any thread."""
        self._marks.append(Mark(self._now(), label))

    @property
    def sent(self) -> int:
        """How many requests have ended so far."""
        return len(self._samples)

    @property
    def failed(self) -> int:
        """How many of them failed."""
        return sum(one.failure is not None for one in self._samples)

    def report(self) -> Report:
        """What was found so far; all of it, after the end."""
        return Report(
            service=self.service.name,
            url=self.service.url,
            rate=self._rate,
            seconds=self._ended or self._now(),
            samples=tuple(sorted(self._samples, key=lambda one: one.due)),
            marks=tuple(self._marks),
            left_out=self._left_out,
            connects=dict(self._requester.connects),
        )

    def _now(self) -> float:
        return time.monotonic() - self._started

    async def _paths(self) -> tuple[str, ...]:
        """Those of the usual paths that answer 200 now; each must go on to do so."""
        usual = dict.fromkeys([self.service.live_path, "/version", self.service.health_path, "/"])
        answers = [
            await self._requester.send(self._place, Turn(self._now(), Connection.FRESH, path))
            for path in usual
        ]
        found = tuple(one.path for one in answers if not one.failure and not one.draining)
        if self.service.live_path not in found and self.service.health_path not in found:
            raise MonitorNotPossibleError(
                f"{self.service.url} is not well to begin with ({answers[0].failure}): "
                "see `runbook check health`"
            )
        return found

    async def _long_paths(self) -> list[tuple[Connection, str]]:
        """Those of the service's long paths that are there."""
        named = [
            (Connection.SLOW, self.service.slow_path),
            (Connection.STREAM, self.service.stream_path),
        ]
        wanted = [one for one in named if one[1]]
        answers = await asyncio.gather(
            *(self._requester.send(self._place, Turn(self._now(), *one)) for one in wanted)
        )
        return [one for one, answer in zip(wanted, answers, strict=True) if not answer.failure]

    async def _send_all(self, planned: Iterator[Turn]) -> None:
        for turn in planned:
            late = self._now() - turn.due
            if late > _MOST_LATE:  # a flood of overdue ones would only make this machine later
                self._left_out += 1
                continue
            await asyncio.sleep(-late)
            self._begin(turn)

    async def _send_singly(self, planned: Iterator[Turn]) -> None:
        """One after another; a turn that was missed is left out."""
        for turn in planned:
            late = self._now() - turn.due
            if late < 1:
                await asyncio.sleep(-late)
                await asyncio.shield(self._begin(turn))

    def _begin(self, turn: Turn) -> asyncio.Task[None]:
        task = asyncio.create_task(self._send(turn))
        self._sending.add(task)
        task.add_done_callback(self._sending.discard)
        return task

    async def _send(self, turn: Turn) -> None:
        self._samples.append(await self._requester.send(self._place, turn))

    async def _follow_name(self) -> None:
        """Keep the address that the name has: a server that is made anew may have another."""
        while True:
            await asyncio.sleep(_RESOLVE_SECONDS)
            with contextlib.suppress(OperatorError):  # resolvers keep what they knew, too
                self._place = await self._resolved()

    async def _resolved(self) -> Place:
        addresses = await asyncio.to_thread(self._resolver.addresses, self._url.host)
        return Place(self._url, addresses[0])

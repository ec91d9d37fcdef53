"""The monitor: an async context manager that sends requests from its start to its end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import httpx

from clients.dns import Resolver
from clients.http import trust
from common.errors import OperatorError
from runbook.monitor import failures
from runbook.monitor.probe import MonitorNotPossibleError, Only, Probe, judged
from runbook.monitor.report import Report
from runbook.monitor.requester import Endpoint, Requester
from runbook.monitor.sample import Connection, Mark, Sample
from runbook.monitor.schedule import Turn, checked_rate, single_turns, turns
from runbook.monitor.websocket import Websocket

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import ServiceTarget, Target

RATE = 50.0
TIMEOUT = 10.0
_RESOLVE_SECONDS = 5.0
_MOST_LATE = 1.0
_RETRY_SECONDS = 0.5

__all__ = ["RATE", "TIMEOUT", "Monitor", "MonitorNotPossibleError"]


class Monitor:
    """Requests at a constant rate to one service of the stack, and to nothing else.

    Several kinds of connection take part: fresh ones, a pool that is kept alive, one that is held
    over the whole run, and one of HTTP/2; beside them, where the service names paths for it, always
    one slow request, one streamed, one upload and one websocket, and requests that change
    something. A request has failed when its answer is not the one of a service that is well, or
    does not come whole; one that changes something, when it counted twice or never.
    """

    def __init__(
        self,
        target: Target,
        service: ServiceTarget,
        *,
        rate: float = RATE,
        timeout: float = TIMEOUT,
        only: Only | None = None,
    ) -> None:
        """Prepare; nothing is sent yet.

        Args:
            target: the stack, whose vantage says how to resolve and what to trust.
            service: one of its services.
            rate: requests a second, at most `MAX_RATE`.
            timeout: seconds after which a request has failed.
            only: what to ask for instead of the usual.

        Raises:
            OperatorError: the rate may not be, or the service is none of the target's.
        """
        if service not in target.services:
            raise OperatorError(f"{service.name} is no service of stack {target.stack}")
        if not service.url:
            reached = ", ".join(one.name for one in target.public)
            raise OperatorError(f"the world does not reach {service.name}; it reaches {reached}")
        self.service = service
        self._rate = checked_rate(rate)
        self._url = httpx.URL(service.url)
        self._resolver = Resolver(target.vantage.nameservers)
        self._trust = trust(target.vantage.ca_bundle)
        self._requester = Requester(self._trust, self._now, timeout)
        self._only = only
        self._run = ""
        self._name = secrets.token_hex(6)
        self._closed = 0
        self._uncounted = 0
        self._started = time.monotonic()
        self._ended: float | None = None
        self._samples: list[Sample] = []
        self._marks: list[Mark] = []
        self._left_out = 0
        self._keys = 0
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
            asked = await self._probe().found()
            self._run = asked.run
            self._requester.forget_counts()
        except BaseException:
            await self._requester.__aexit__()
            raise
        self._started = time.monotonic()
        loops = (
            self._send_all(turns(self._rate, asked.usual, asked.others)),
            *(self._send_singly(single_turns(one, self._rate)) for one in asked.singles),
            *(self._hold(one) for one in asked.held),
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
            await self._count()
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
            closed=self._closed,
            uncounted=self._uncounted,
        )

    def _probe(self) -> Probe:
        return Probe(self._requester, self._place, self.service, self._only, self._trust)

    def _now(self) -> float:
        return time.monotonic() - self._started

    async def _send_all(self, planned: Iterator[Turn]) -> None:
        for turn in planned:
            late = self._now() - turn.due
            if late > _MOST_LATE:  # a flood of overdue ones would only make this machine later
                self._left_out += 1
                continue
            await asyncio.sleep(-late)
            self._begin(self._with_key(turn))

    async def _send_singly(self, planned: Iterator[Turn]) -> None:
        """One after another; a turn that was missed is left out."""
        for turn in planned:
            late = self._now() - turn.due
            if late < 1:
                await asyncio.sleep(-late)
                await asyncio.shield(self._begin(turn))

    def _with_key(self, turn: Turn) -> Turn:
        """Give a request that changes something its key."""
        if turn.method == "GET":
            return turn
        self._keys += 1
        return replace(turn, key=f"{self._run or self._name}-{self._keys}")

    async def _count(self) -> None:
        """Ask how often each key counted, and judge the requests by that."""
        if not self._run:
            return
        told = await self._requester.counts(self._place, self.service.post_path, self._run)
        if told is None:
            self._uncounted = self._keys
            return
        self._samples = [judged(one, told) for one in self._samples]

    async def _hold(self, one: Turn) -> None:
        """Keep a websocket open, and open the next one when it ends."""
        while True:
            began = self._now()
            failure: str | None = None
            opened: Websocket | None = None
            try:
                async with asyncio.timeout(TIMEOUT):
                    opened, failure = await Websocket.open(self._place, one.path, self._trust)
            except (OSError, EOFError, TimeoutError) as error:
                failure = failures.kind(error)
            self._samples.append(
                Sample(began, began, self._now(), one.connection, one.path, failure)
            )
            await self._held(opened if not failure else None)

    async def _held(self, opened: Websocket | None) -> None:
        if opened is None:
            await asyncio.sleep(_RETRY_SECONDS)
            return
        self._requester.connects[Connection.WEBSOCKET] += 1
        try:
            if await opened.ended():
                self._closed += 1
        finally:
            opened.close()

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

    async def _resolved(self) -> Endpoint:
        addresses = await asyncio.to_thread(self._resolver.addresses, self._url.host)
        return Endpoint(self._url, addresses[0])

"""Before the first request: what of the service answers, and so has to go on to."""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.monitor.sample import Connection, Sample
from runbook.monitor.schedule import Turn
from runbook.monitor.websocket import Websocket

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from common.target import ServiceTarget
    from runbook.monitor.requester import Endpoint, Requester

_BROKEN = 500
_SOCKET_SECONDS = 10.0
_STATUS = "HTTP "


class MonitorNotPossibleError(OperatorError):
    """There is nothing to compare with: the service is not well at the start."""


@dataclass(frozen=True)
class Only:
    """One request instead of the usual ones; its first answer is what each has to be like."""

    method: str
    path: str


@dataclass(frozen=True)
class Asked:
    """What a monitor asks for.

    `usual` over fresh and kept connections, `others` and `singles` (one at a time) over their own
    kinds, `held` are websockets. With `run` the service tells how often each key of it counted.
    """

    usual: tuple[Turn, ...]
    others: tuple[Turn, ...]
    singles: tuple[Turn, ...]
    held: tuple[Turn, ...] = ()
    run: str = ""


class Probe:
    """One look at a service."""

    def __init__(
        self,
        requester: Requester,
        place: Endpoint,
        service: ServiceTarget,
        only: Only | None,
        trust: ssl.SSLContext,
    ) -> None:
        self._trust = trust
        self._requester = requester
        self._place = place
        self._service = service
        self._only = only

    async def found(self) -> Asked:
        """What answers.

        Raises:
            MonitorNotPossibleError: nothing that would tell of the service's health does.
        """
        if self._only:
            return await self._one(self._only)
        usual = await self._usual()
        others = await self._http2(usual[0])
        singles = [replace(usual[0], connection=Connection.HELD), *await self._long()]
        run = await self._countable()
        if run:
            others.append(Turn(0, Connection.POST, self._service.post_path, "POST"))
        return Asked(usual, tuple(others), tuple(singles), await self._sockets(), run)

    async def _sockets(self) -> tuple[Turn, ...]:
        """The service's websocket, where it can be opened now."""
        path = self._service.socket_path
        if not path:
            return ()
        try:
            async with asyncio.timeout(_SOCKET_SECONDS):
                opened, failure = await Websocket.open(self._place, path, self._trust)
        except (OSError, EOFError, TimeoutError):
            return ()
        opened.close()
        return () if failure else (Turn(0, Connection.WEBSOCKET, path),)

    async def _one(self, only: Only) -> Asked:
        turn = Turn(0, Connection.FRESH, only.path, only.method, key="probe")
        answer = await self._requester.send(self._place, turn)
        status = _status(answer)
        if status is None or status >= _BROKEN:
            raise MonitorNotPossibleError(
                f"{only.method} {self._service.url}{only.path} is not well to begin with "
                f"({answer.failure}): there is nothing to compare with"
            )
        right = replace(turn, expected=status, key="")
        others = await self._http2(right)
        return Asked((right,), tuple(others), (replace(right, connection=Connection.HELD),))

    async def _usual(self) -> tuple[Turn, ...]:
        """Those of the usual paths that answer 200 now; each must go on to do so."""
        service = self._service
        wanted = dict.fromkeys([service.live_path, "/version", service.health_path, "/"])
        answers = [
            await self._requester.send(self._place, Turn(0, Connection.FRESH, path))
            for path in wanted
        ]
        found = [one.path for one in answers if not one.failure and not one.draining]
        if service.live_path not in found and service.health_path not in found:
            raise MonitorNotPossibleError(
                f"{service.url} is not well to begin with ({answers[0].failure}): "
                "see `runbook check health`"
            )
        return tuple(Turn(0, Connection.FRESH, path) for path in found)

    async def _http2(self, one: Turn) -> list[Turn]:
        has = await self._requester.has_http2(self._place, self._service.live_path)
        return [replace(one, connection=Connection.HTTP2)] if has else []

    async def _long(self) -> list[Turn]:
        """Those of the service's long paths that are there."""
        service = self._service
        wanted = [
            Turn(0, Connection.SLOW, service.slow_path),
            Turn(0, Connection.STREAM, service.stream_path),
            Turn(0, Connection.UPLOAD, service.upload_path, "POST"),
        ]
        named = [one for one in wanted if one.path]
        answers = await asyncio.gather(*(self._requester.send(self._place, one) for one in named))
        return [one for one, answer in zip(named, answers, strict=True) if not answer.failure]

    async def _countable(self) -> str:
        """The name of this run, where the service tells how often its keys counted."""
        run = secrets.token_hex(6)
        if not self._service.post_path:
            return ""
        path = self._service.post_path
        return run if await self._requester.counts(self._place, path, run) is not None else ""


def judged(one: Sample, counts: Mapping[str, int]) -> Sample:
    """A request with a key, by how often it counted in the end."""
    if not one.key:
        return one
    count = counts.get(one.key, 0)
    if count > 1:
        return replace(one, failure=f"counted {count} times")
    if count == 0 and not one.failure:
        return replace(one, failure="never counted")
    return one


def _status(answer: Sample) -> int | None:
    if not answer.failure:
        return answer.status
    words = answer.failure.removeprefix(_STATUS)
    return int(words) if answer.failure.startswith(_STATUS) and words.isdigit() else None

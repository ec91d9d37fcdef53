"""Sends single requests of the monitor over each kind of connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import httpx

from runbook.monitor import failures
from runbook.monitor.sample import Connection, Sample

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable

    from runbook.monitor.schedule import Turn

USER_AGENT = "nutri-monitor"
_OK = 200
_UNAVAILABLE = 503
_BODY_LIMIT = 65_536
_LONG = 30.0  # seconds more for an answer that takes long on purpose
_KEPT_SECONDS = 20.0  # an idle one is closed before a usual proxy or server would close it


@dataclass(frozen=True)
class Place:
    """Where requests go: the service's URL, and the address its name has now."""

    url: httpx.URL
    address: str


@dataclass
class _Trace:
    """What happened to the connection of one request."""

    opened: bool = False
    answered: bool = False

    async def __call__(self, event: str, _info: dict[str, Any]) -> None:
        if event == "connection.connect_tcp.started":
            self.opened = True
        elif event == "http11.receive_response_headers.complete":
            self.answered = True


class Requester:
    """An async context manager that owns the connections."""

    def __init__(self, trust: ssl.SSLContext, clock: Callable[[], float], timeout: float) -> None:
        self._clock = clock
        self._timeout = timeout
        self._clients = {one: _client(trust, one, timeout) for one in Connection}
        self.connects = dict.fromkeys(Connection, 0)
        """How many connections of each kind were opened."""

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        for client in self._clients.values():
            await client.aclose()

    def forget_counts(self) -> None:
        """Count connections from here on."""
        self.connects = dict.fromkeys(Connection, 0)

    async def send(self, place: Place, turn: Turn) -> Sample:
        """Send one request; whatever goes wrong is part of the sample."""
        sent = self._clock()
        trace = _Trace()
        again = False
        try:
            async with asyncio.timeout(self._timeout + _LONG * turn.connection.is_long):
                try:
                    seen = await self._get(place, turn, trace, turn.connection)
                except httpx.TransportError as error:
                    if not _may_repeat(error, trace):
                        raise
                    again = True
                    # On a new connection: the next kept one may be found closed as well.
                    seen = await self._get(place, turn, _Trace(), Connection.FRESH)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            seen = {"failure": failures.kind(error)}
        return Sample(
            turn.due, sent, self._clock(), turn.connection, turn.path, reconnected=again, **seen
        )

    async def _get(
        self, place: Place, turn: Turn, trace: _Trace, pool: Connection
    ) -> dict[str, Any]:
        headers = {"Host": place.url.netloc.decode(), "User-Agent": USER_AGENT}
        if turn.connection is Connection.FRESH or turn.connection.is_long:
            headers["Connection"] = "close"
        client = self._clients[pool]
        try:
            async with client.stream(
                "GET",
                place.url.copy_with(host=place.address, path=turn.path),
                headers=headers,
                extensions={"sni_hostname": place.url.host, "trace": trace},
            ) as response:
                return _seen(response.status_code, await _body(response))
        finally:
            self.connects[turn.connection] += trace.opened


def _client(trust: ssl.SSLContext, kind: Connection, timeout: float) -> httpx.AsyncClient:
    limits = {
        Connection.FRESH: httpx.Limits(max_connections=None, max_keepalive_connections=0),
        Connection.KEPT: httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_SECONDS),
        Connection.HELD: httpx.Limits(max_connections=1, keepalive_expiry=_KEPT_SECONDS),
    }.get(kind, httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(verify=trust, timeout=timeout, limits=limits, trust_env=False)


def _may_repeat(error: httpx.TransportError, trace: _Trace) -> bool:
    """Whether HTTP lets any client send a GET again: its connection was an old one, found closed.

    A server may close an idle connection just when a request is on its way. One that was opened
    for this request, or has begun to answer, is no such case.
    """
    return failures.is_lost(error) and not trace.opened and not trace.answered


def _seen(status: int, body: str) -> dict[str, Any]:
    fields = _fields(body)
    draining = status == _UNAVAILABLE and fields.get("status") == "draining"
    container, version = fields.get("container_id"), fields.get("version")
    return {
        "failure": None if status == _OK or draining else f"HTTP {status}",
        "container": str(container) if container else None,
        "version": str(version) if version else None,
        "draining": draining,
    }


def _fields(body: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


async def _body(response: httpx.Response) -> str:
    """Read all of the body, since one that is cut off is a failure too; keep its beginning."""
    body = bytearray()
    async for chunk in response.aiter_bytes():
        body += chunk[: _BODY_LIMIT - len(body)]
    return body.decode(errors="replace")

"""Sends single requests of the monitor over each kind of connection."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import httpx

from runbook.monitor import failures
from runbook.monitor.sample import Connection, Sample
from runbook.monitor.schedule import Turn

if TYPE_CHECKING:
    import contextlib
    import ssl
    from collections.abc import AsyncIterator, Callable, Mapping

USER_AGENT = "nutri-monitor"
_OK = 200
_SUCCESS = range(200, 300)
_ANSWERED = frozenset(f"http{n}.receive_response_headers.complete" for n in ("11", "2"))
_PIECE = b"0123456789abcdef" * 512
_PIECES = 30
_PIECE_SECONDS = 0.2
_UNAVAILABLE = 503
_BODY_LIMIT = 65_536
_LONG = 30.0  # seconds more for an answer that takes long on purpose
_KEPT_SECONDS = 20.0  # an idle one is closed before a usual proxy or server would close it


@dataclass(frozen=True)
class Endpoint:
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
        elif event in _ANSWERED:
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

    async def send(self, place: Endpoint, turn: Turn) -> Sample:
        """Send one request; whatever goes wrong is part of the sample."""
        sent = self._clock()
        trace = _Trace()
        again = False
        try:
            async with asyncio.timeout(self._timeout + _LONG * turn.connection.is_long):
                try:
                    seen = await self._get(place, turn, trace, turn.connection)
                except httpx.TransportError as error:
                    if turn.method != "GET" or not _may_repeat(error, trace):
                        raise
                    again = True
                    # On a new connection: the next kept one may be found closed as well.
                    seen = await self._get(place, turn, _Trace(), Connection.FRESH)
        except (httpx.HTTPError, TimeoutError, OSError) as error:
            seen = {"failure": failures.kind(error)}
        return Sample(
            turn.due,
            sent,
            self._clock(),
            turn.connection,
            turn.path,
            reconnected=again,
            method=turn.method,
            key=turn.key,
            **seen,
        )

    async def has_http2(self, place: Endpoint, path: str) -> bool:
        """Whether what answers there speaks HTTP/2."""
        try:
            async with self._stream(place, Turn(0, Connection.HTTP2, path), _Trace()) as answer:
                await answer.aread()
                return answer.http_version == "HTTP/2"
        except httpx.HTTPError:
            return False

    async def counts(self, place: Endpoint, path: str, run: str) -> dict[str, int] | None:
        """How often each key of a run was counted; None where the service does not tell."""
        try:
            async with self._stream(
                place, Turn(0, Connection.FRESH, path), _Trace(), run
            ) as answer:
                found = json.loads(await answer.aread())["counts"]
                return {str(key): int(count) for key, count in found.items()}
        except (httpx.HTTPError, ValueError, TypeError, KeyError, AttributeError):
            return None

    async def _get(
        self, place: Endpoint, turn: Turn, trace: _Trace, pool: Connection
    ) -> dict[str, Any]:
        try:
            async with self._stream(place, turn, trace, pool=pool) as response:
                return _seen(turn, response.status_code, await _body(response))
        finally:
            self.connects[turn.connection] += trace.opened

    def _stream(
        self,
        place: Endpoint,
        turn: Turn,
        trace: _Trace,
        run: str = "",
        *,
        pool: Connection | None = None,
    ) -> contextlib.AbstractAsyncContextManager[httpx.Response]:
        headers = {"Host": place.url.netloc.decode(), "User-Agent": USER_AGENT}
        if turn.connection is Connection.FRESH or turn.connection.is_long:
            headers["Connection"] = "close"
        if turn.key:
            headers["Idempotency-Key"] = turn.key
        if turn.method != "GET":
            is_file = turn.connection is Connection.UPLOAD
            kind = "application/octet-stream" if is_file else "application/json"
            headers["Content-Type"] = kind
        url = place.url.copy_with(host=place.address, path=turn.path)
        return self._clients[pool or turn.connection].stream(
            turn.method,
            url.copy_with(params={"run": run}) if run else url,
            headers=headers,
            content=_content(turn),
            extensions={"sni_hostname": place.url.host, "trace": trace},
        )


def _client(trust: ssl.SSLContext, kind: Connection, timeout: float) -> httpx.AsyncClient:
    limits = {
        Connection.FRESH: httpx.Limits(max_connections=None, max_keepalive_connections=0),
        Connection.KEPT: httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_SECONDS),
        Connection.POST: httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_SECONDS),
        Connection.HELD: httpx.Limits(max_connections=1, keepalive_expiry=_KEPT_SECONDS),
        Connection.HTTP2: httpx.Limits(max_connections=None, keepalive_expiry=_KEPT_SECONDS),
    }.get(kind, httpx.Limits(max_keepalive_connections=0))
    return httpx.AsyncClient(
        verify=trust,
        timeout=timeout,
        limits=limits,
        trust_env=False,
        http2=kind is Connection.HTTP2,
    )


def _may_repeat(error: httpx.TransportError, trace: _Trace) -> bool:
    """Whether HTTP lets any client send a GET again: its connection was an old one, found closed.

    A server may close an idle connection just when a request is on its way. One that was opened
    for this request, or has begun to answer, is no such case.
    """
    return failures.is_lost(error) and not trace.opened and not trace.answered


def _content(turn: Turn) -> bytes | AsyncIterator[bytes] | None:
    if turn.connection is Connection.UPLOAD:
        return _slowly()
    return None if turn.method == "GET" else json.dumps({"name": turn.key}).encode()


async def _slowly() -> AsyncIterator[bytes]:
    """A file, as a phone far from its mast sends it."""
    for _ in range(_PIECES):
        await asyncio.sleep(_PIECE_SECONDS)
        yield _PIECE


def _is_well(turn: Turn, status: int, fields: Mapping[str, Any]) -> bool:
    if turn.connection is Connection.UPLOAD and status in _SUCCESS:
        return bool(fields.get("bytes", _PIECES * len(_PIECE)) == _PIECES * len(_PIECE))
    if turn.expected is not None:
        return status == turn.expected
    return status == _OK if turn.method == "GET" else status in _SUCCESS


def _seen(turn: Turn, status: int, body: str) -> dict[str, Any]:
    fields = _fields(body)
    draining = status == _UNAVAILABLE and fields.get("status") == "draining"
    container, version = fields.get("container_id"), fields.get("version")
    return {
        "failure": None if draining or _is_well(turn, status, fields) else f"HTTP {status}",
        "container": str(container) if container else None,
        "version": str(version) if version else None,
        "draining": draining,
        "status": status,
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

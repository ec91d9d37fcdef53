"""What every request passes: is there such a path, who asks, may they, is there a fault to act.

The order is the vendor's: an unknown path is 404 to anybody; then the token; then the method.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
from email.utils import format_datetime
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect, Request
from starlette.routing import Match

from localcloud.hetzner.errors import (
    ApiError,
    ForbiddenError,
    MethodNotAllowedError,
    NotFoundError,
    RateLimitExceededError,
    ServerError,
    UnauthorizedError,
)
from localcloud.hetzner.http import Answer
from localcloud.hetzner.knobs import Call
from localcloud.settings import DEMO_READONLY_TOKEN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send

    from localcloud.hetzner.cloud import Cloud
    from localcloud.hetzner.ratelimit import Bucket

_log = logging.getLogger("localcloud.api")


class Gate:
    """The API as an ASGI app, without its prefix."""

    def __init__(self, cloud: Cloud, bucket: Bucket, routes: Sequence[Route]) -> None:
        self._cloud = cloud
        self._bucket = bucket
        self._routes = routes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        response = await self._answer(request, path)
        response.headers["X-Correlation-Id"] = secrets.token_hex(8)
        response.headers.update(self._bucket.headers())
        response.headers["Date"] = format_datetime(self._cloud.clock.now(), usegmt=True)
        call = Call(
            request.method, path, request.url.query, response.status_code, await _sent(request)
        )
        self._cloud.knobs.calls.append(call)
        _log.info("%s %s %s", call.method, call.path, call.status)
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response:
        try:
            return await self._pass(request, path)
        except ApiError as error:
            return Answer(error.envelope(), error.status)
        except Exception:  # noqa: BLE001 the client gets an answer, the log the traceback
            _log.exception("%s %s failed", request.method, path)
            broken = ServerError("the local cloud failed; its log says why")
            return Answer(broken.envelope(), broken.status)

    async def _pass(self, request: Request, path: str) -> Response:
        matches = self._matches(request.scope)
        if not matches:
            raise NotFoundError(f"there is no path {path}")
        self._check_token(request)
        route = matches.get(request.method)
        if route is None:
            raise MethodNotAllowedError(f"{path} has no method {request.method}")
        if not self._bucket.take() and self._cloud.knobs.rate_limit:
            raise RateLimitExceededError(f"limit of {self._bucket.limit} requests per hour reached")
        injected = await self._injected(request.method, path)
        if injected is not None:
            return injected
        await request.body()  # what is read later on would let another request in between
        with self._cloud.busy.holding(request.method, self._key(path)):
            response: Response = await route.endpoint(request)
        return response

    def _key(self, path: str) -> str:
        """What a path is about; a collection's own path names no thing."""
        noun, _, rest = path.strip("/").partition("/actions/")[0].partition("/")
        key, *parts = rest.split("/")
        if noun == "zones":
            key = next((str(z.id) for z in self._cloud.zones.all() if z.name == key), key)
        if parts in (["rrsets"], ["snapshots"], ["subaccounts"]):
            return noun  # one more, which is there at once
        return "/".join([noun, key, *parts]).rstrip("/")

    def _matches(self, scope: Scope) -> dict[str, Route]:
        """The first route of each method that has the path."""
        found: dict[str, Route] = {}
        for route in self._routes:
            match, child = route.matches(scope)
            if match is not Match.NONE:
                new = {method: route for method in route.methods or () if method not in found}
                if scope["method"] in new:
                    scope.update(child)
                found |= new
        return found

    def _check_token(self, request: Request) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        if scheme != "Bearer" or not token:
            raise UnauthorizedError("a token is needed: send 'Authorization: Bearer <token>'")
        if token not in {*self._cloud.knobs.tokens, DEMO_READONLY_TOKEN}:
            raise UnauthorizedError("the given token is invalid")
        if token == DEMO_READONLY_TOKEN and request.method not in {"GET", "HEAD"}:
            raise ForbiddenError("the token may only read")

    async def _injected(self, method: str, path: str) -> Response | None:
        fault = self._cloud.knobs.fault(method, path)
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if fault.status is None:
            return None
        content = {"code": fault.code, "message": fault.message, "details": None}
        return Answer({"error": content}, fault.status)


async def _sent(request: Request) -> object:
    try:
        return json.loads(await request.body() or b"null")
    except (ValueError, ClientDisconnect):
        return None

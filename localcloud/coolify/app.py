"""The HTTP application: nouns' route tables under /api/v1, and what holds for all of them."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from localcloud.coolify import access
from localcloud.coolify.call import Call, Endpoint, Reply
from localcloud.coolify.calls import Recorder
from localcloud.coolify.errors import ApiError, PostRequiredError, UnknownPathError
from localcloud.coolify.routes import ENDPOINTS, FORMERLY_GET
from localcloud.coolify.throttle import Throttle

if TYPE_CHECKING:
    from localcloud.coolify.instance import Coolify

PREFIX = "/api/v1"
_HEALTH_LIMIT = 1000
_CALLS = 10_000
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_log = logging.getLogger(__name__)
_Endpoint = Callable[[Request], Awaitable[Response]]


def create_app(coolify: Coolify) -> Starlette:
    """The application of one instance; its database must be migrated by whoever starts it."""
    throttle = Throttle(coolify.settings.rate_limit)
    paths = dict.fromkeys(endpoint.path for endpoint in ENDPOINTS)
    routes = [Route(path, _health(), methods=["GET"]) for path in ("/api/health", "/api/v1/health")]
    for path in paths:
        table = {endpoint.method: endpoint for endpoint in ENDPOINTS if endpoint.path == path}
        routes.append(Route(PREFIX + path, _dispatch(coolify, throttle, table), methods=_METHODS))
    routes.append(Route("/api/{rest:path}", _unknown, methods=_METHODS))
    calls: deque[dict[str, Any]] = deque(maxlen=_CALLS)
    routes.append(Route("/localcloud/calls", _listing(calls), methods=["GET"]))
    return Starlette(routes=routes, middleware=[Middleware(Recorder, calls=calls)])


def _listing(calls: deque[dict[str, Any]]) -> _Endpoint:
    async def endpoint(_request: Request) -> Response:
        return JSONResponse({"calls": list(calls)})

    return endpoint


def _dispatch(coolify: Coolify, throttle: Throttle, table: dict[str, Endpoint]) -> _Endpoint:
    async def endpoint(request: Request) -> Response:
        found = table.get("GET" if request.method == "HEAD" else request.method)
        content = await request.body()
        return await run_in_threadpool(_answer, coolify, throttle, found, request, content)

    return endpoint


def _answer(
    coolify: Coolify,
    throttle: Throttle,
    endpoint: Endpoint | None,
    request: Request,
    content: bytes,
) -> Response:
    limits: dict[str, str] = {}
    try:
        endpoint = _known(endpoint, request)
        token = access.authenticate(coolify.db, request.headers.get("authorization", ""))
        limits = throttle.hit(f"user {token.user_id}")
        if not endpoint.while_disabled:
            access.check_open(coolify.db, client_address(request))
        token.require(endpoint.ability)
        reply = endpoint.handler(_call(coolify, token, request, content))
        return _response(reply if isinstance(reply, Reply) else Reply(reply), limits)
    except ApiError as error:
        return _response(Reply(error.body, error.status, error.headers), limits)
    except Exception:  # noqa: BLE001 - a fault of the double is a 500, as everywhere
        _log.exception("%s %s failed", request.method, request.url.path)
        return _response(Reply({"message": "Server Error"}, 500), limits)


def _call(coolify: Coolify, token: access.Token, request: Request, content: bytes) -> Call:
    return Call(
        coolify,
        token,
        request.path_params,
        dict(request.query_params),
        request.headers.get("content-type", ""),
        content,
    )


def client_address(request: Request) -> str:
    """The caller's address, from the proxy's header when there is one."""
    forwarded = request.headers.get("x-forwarded-for", "").split(",")[0].strip()
    return forwarded or (request.client.host if request.client else "127.0.0.1")


def _known(endpoint: Endpoint | None, request: Request) -> Endpoint:
    if endpoint is None:
        raise _wrong_verb(request)
    return endpoint


def _wrong_verb(request: Request) -> ApiError:
    path = request.url.path.removeprefix(PREFIX)
    if request.method in {"GET", "HEAD"} and any(rule.fullmatch(path) for rule in FORMERLY_GET):
        return PostRequiredError()
    return UnknownPathError()


def _response(reply: Reply, limits: dict[str, str]) -> Response:
    headers = {**limits, **reply.headers}
    if isinstance(reply.payload, str):
        return PlainTextResponse(reply.payload, reply.status, headers)
    content = json.dumps(reply.payload, default=_plain)
    return Response(content, reply.status, headers, media_type="application/json")


def _plain(value: object) -> str:
    """Timestamps as the framework writes them: UTC with microseconds."""
    if isinstance(value, dt.datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _health() -> _Endpoint:
    throttle = Throttle(_HEALTH_LIMIT)

    async def endpoint(request: Request) -> Response:
        try:
            return PlainTextResponse("OK", 200, throttle.hit(client_address(request)))
        except ApiError as error:
            return _response(Reply(error.body, error.status, error.headers), {})

    return endpoint


async def _unknown(request: Request) -> Response:
    error = _wrong_verb(request)
    return _response(Reply(error.body, error.status, error.headers), {})

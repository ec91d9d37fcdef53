"""What every request passes: the token, the path, and a fault to act."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Match

from localcloud.supabase.constants import TOKEN
from localcloud.supabase.errors import (
    InternalError,
    NotFoundError,
    SupabaseError,
    UnauthorizedError,
)
from localcloud.supabase.http import projects_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.responses import Response
    from starlette.routing import Route
    from starlette.types import Receive, Scope, Send

    from localcloud.hetzner.knobs import Knobs

_log = logging.getLogger("localcloud.supabase")


class Gate:
    """The API as an ASGI app, without its prefix."""

    def __init__(self, routes: Sequence[Route], knobs: Knobs) -> None:
        """`knobs` are the cloud's; a fault for this API has a path that begins /supabase."""
        self._routes = routes
        self._knobs = knobs

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        response = await self._answer(request, path)
        projects_of(request).knobs.calls.append(f"{request.method} {path} {response.status_code}")
        _log.info("%s %s %s", request.method, path, response.status_code)
        await response(scope, receive, send)

    async def _answer(self, request: Request, path: str) -> Response:
        try:
            return await self._pass(request, path)
        except SupabaseError as error:
            return JSONResponse(error.body, error.status)
        except Exception:  # noqa: BLE001 the client gets an answer, the log the traceback
            _log.exception("%s %s failed", request.method, path)
            broken = InternalError("the local cloud failed; its log says why")
            return JSONResponse(broken.body, broken.status)

    async def _pass(self, request: Request, path: str) -> Response:
        _check_token(request)
        injected = await self._injected(request.method, path)
        if injected is not None:
            return injected
        for route in self._routes:
            match, child = route.matches(request.scope)
            if match is Match.FULL:
                request.scope.update(child)
                response: Response = await route.endpoint(request)
                return response
        raise NotFoundError(f"Cannot {request.method} /v1{path}")

    async def _injected(self, method: str, path: str) -> Response | None:
        fault = self._knobs.fault(method, f"/supabase{path}")
        if fault is None:
            return None
        await asyncio.sleep(fault.delay)
        if fault.status is None:
            return None
        return JSONResponse({"message": fault.message}, fault.status)


def _check_token(request: Request) -> None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme != "Bearer" or not token.startswith("sbp_"):
        raise UnauthorizedError("JWT could not be decoded")
    if token != TOKEN:
        raise UnauthorizedError("Unauthorized")

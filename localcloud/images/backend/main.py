"""The backend: what is demanded at its start, and the way of a request.

It has no handler for SIGTERM: as process 1 it serves on until it is killed, behind an init it ends
at once, and either way cuts what is under way.
"""

import signal
import time
from collections.abc import Callable
from pathlib import Path

import environment
from middleware import Proxies, RateLimit, cors, https_redirect, preflight
from pino import ENVIRONMENT, err, log
from redis import Redis, RedisError
from routes import Routes
from stores import Stores, cores
from urls import Access, UrlError, prisma
from web import Request, Response, Server, background, bind

TAG_FILE = Path(__file__).with_name("tag")
NEVER_HEALTHY = "never-healthy"
FAILED, REFUSED = 500, 400

Send = Callable[[Response], None]


class Backend:
    """Answers requests, and logs them; those for its health are not logged."""

    def __init__(self, stores: Stores, *, is_broken: bool) -> None:
        self._routes = Routes(stores).table
        self._proxies = Proxies()
        self._limit = RateLimit()
        self._is_broken = is_broken

    def serve(self, request: Request, send: Send) -> None:
        """See `web.Service`."""
        began = time.perf_counter()
        response = self._answer(request)
        try:
            send(response)
        finally:
            if not _is_health(request):
                _log(request, response, round((time.perf_counter() - began) * 1000))

    def _answer(self, request: Request) -> Response:
        if self._is_broken and _is_health(request):
            return Response(503, {"status": "unhealthy"})
        if redirect := https_redirect(request, self._proxies):
            return redirect
        headers = cors(request)
        if request.method == "OPTIONS":
            response = preflight(headers)
        else:
            limits, refusal = self._limited(request)
            headers |= limits
            response = refusal or self._routed(request)
        response.headers = {**headers, **response.headers}
        return response

    def _limited(self, request: Request) -> tuple[dict[str, str], Response | None]:
        if not request.path.startswith("/api/"):
            return {}, None
        return self._limit.count(self._proxies.client(request))

    def _routed(self, request: Request) -> Response:
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, request.path))
        if route is None:
            return Response(404, {"error": "Not Found", "path": request.path})
        try:
            return route(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            return Response(500, {"error": "Internal Server Error"}, error=error)


def _is_health(request: Request) -> bool:
    return request.path == "/health" or request.path.startswith("/health/")


def _log(request: Request, response: Response, took: int) -> None:
    agent = request.headers.get("User-Agent")
    fields: dict[str, object] = {
        "req": {"method": request.method, "url": request.url, "userAgent": agent},
        "res": {"statusCode": response.status},
        "responseTime": took,
    }
    message = f"{request.method} {request.url} {response.status}"
    if response.status >= FAILED:
        error = response.error or RuntimeError(f"failed with status code {response.status}")
        log("error", f"Request failed: {error}".strip(), **fields, err=err(error))
    else:
        log("warn" if response.status >= REFUSED else "info", message, **fields)


def demanded() -> Access:
    """The database's URL, once the whole environment is as it has to be."""
    problems = [*environment.missing("DATABASE_URL"), *environment.weak("JWT_SECRET")]
    silent = environment.text("EMAIL_ENABLED").lower() == "false"
    if ENVIRONMENT == "production" and not silent and environment.missing("RESEND_API_KEY"):
        problems.append("RESEND_API_KEY is missing (or EMAIL_ENABLED=false)")
    access = Access("", 0)
    try:
        if url := environment.text("DATABASE_URL"):
            access = prisma(url, cores())
        if url := environment.text("REDIS_URL"):
            Redis(url)
    except UrlError as error:
        problems.append(f"DATABASE_URL: {error}")
    except RedisError as error:
        problems.append(str(error))
    environment.end(problems)
    return access


def main() -> None:
    """Serve until it is killed."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    stores = Stores(demanded())
    port = int(environment.number("PORT", 3000))
    tag = TAG_FILE.read_text().strip() if TAG_FILE.exists() else ""
    server = Server(bind(port), Backend(stores, is_broken=tag == NEVER_HEALTHY), "nutri-backend")
    background(stores.beat)
    log("info", f"Server listening on port {port}")
    server.serve_forever()


if __name__ == "__main__":
    main()

"""The ML service's routes."""

import json
import threading
import time
import traceback
from collections.abc import Callable
from datetime import UTC, datetime

from database import Database
from dependencies import ask, word
from environment import number, text
from redis import Redis, RedisError
from structlog import access, log, plain
from urls import Access
from web import Request, Response

PACKAGE_VERSION = "1.0.0"
NEVER_HEALTHY = "never-healthy"
ANALYZE_SECONDS = number("DOUBLE_ANALYZE_SECONDS", 0.15)
DOCS = "<!doctype html><title>Nutri ML Service - Swagger UI</title><div id=swagger-ui></div>\n"

Route = Callable[[Request], Response]
Send = Callable[[Response], None]


class MlService:
    """One worker's."""

    def __init__(self, access_: Access, *, is_broken: bool) -> None:
        url = text("REDIS_URL")
        self._database = Database(access_)
        self._redis = Redis(url) if url else None
        self._is_broken = is_broken
        self._origins = set(json.loads(text("CORS_ORIGINS", "[]")))
        self._queued, self._changed = 0, threading.Condition()
        self._routes: dict[tuple[str, str], Route] = {
            ("GET", "/health"): self._health,
            ("GET", "/health/live"): lambda _: Response(200, {"status": "ok"}),
            ("GET", "/ready"): lambda _: Response(200, {"status": "ready"}),
            ("GET", "/docs"): lambda _: Response(200, DOCS),
            ("POST", "/api/food/analyze"): self._analyze,
            ("POST", "/api/circuit-breaker/reset"): lambda _: Response(200, {"state": "closed"}),
        }

    def serve(self, request: Request, send: Send) -> None:
        """See `web.Service`."""
        began = time.perf_counter()
        fields = {"method": request.method, "path": request.path}
        is_health = request.path == "/ready" or request.path.startswith("/health")
        if not is_health:
            log("request_started", **fields)
        response = self._answer(request)
        try:
            send(response)
        finally:
            fields["duration_ms"] = round((time.perf_counter() - began) * 1000, 1)
            if not is_health:
                _completed(response, fields)
            access(
                f'{request.peer}:0 - "{request.method} {request.url} HTTP/1.1" {response.status}'
            )

    def settle(self, seconds: float) -> None:
        """Wait for what is in the queue, no longer than so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._queued == 0, seconds)

    def _answer(self, request: Request) -> Response:
        if self._is_broken and request.path != "/docs":
            return Response(503, {"status": "unhealthy"})
        method = "GET" if request.method == "HEAD" else request.method
        route = self._routes.get((method, request.path))
        try:
            found = route(request) if route else Response(404, {"detail": "Not Found"})
        except Exception as error:  # noqa: BLE001 - whatever it is, the client gets an answer
            found = Response(500, "Internal Server Error", error=error)
        if (origin := request.headers.get("Origin")) in self._origins:
            found.headers |= {"Access-Control-Allow-Origin": str(origin), "Vary": "Origin"}
        return found

    def _health(self, _: Request) -> Response:
        found = ask({"database": self._database.ping, "redis": self._ping_redis})
        status = word(found, "database")
        now = datetime.now(UTC).isoformat()
        body = {"status": status, "version": PACKAGE_VERSION, "timestamp": now, "checks": found}
        return Response(503 if status == "unhealthy" else 200, body)

    def _ping_redis(self) -> None:
        if self._redis is None:
            raise RedisError("REDIS_URL is not set")
        self._redis.call("PING")

    def _analyze(self, request: Request) -> Response:
        """What is on a picture; `image: broken` is one that nobody can read."""
        given = request.json()
        if given.get("image") == "broken":
            raise ValueError("cannot identify image file")
        time.sleep(ANALYZE_SECONDS)
        self._keep(str(given.get("image", "")))
        if (later := given.get("learn_seconds")) is not None:
            threading.Thread(target=self._learn, args=(float(str(later)),), daemon=True).start()
        return Response(200, {"foods": [{"name": "apple", "confidence": 0.93}]})

    def _keep(self, image: str) -> None:
        """Keep the result in the cache, where it answers."""
        if self._redis is None:
            return
        try:
            self._redis.call("SETEX", f"ml:analyze:{image[:64]}", "60", "apple")
        except RedisError as error:
            log("cache_unavailable", "warning", error=str(error))

    def _learn(self, seconds: float) -> None:
        """A job in the queue of the process, that an end waits for."""
        self._count(1)
        time.sleep(seconds)
        log("job_completed", seconds=seconds)
        self._count(-1)

    def _count(self, change: int) -> None:
        with self._changed:
            self._queued += change
            self._changed.notify_all()


def _completed(response: Response, fields: dict[str, object]) -> None:
    if (error := response.error) is None:
        log("request_completed", **fields, status_code=response.status)
        return
    log("request_failed", "error", **fields, error_type=type(error).__name__)
    stack = "".join(traceback.format_exception(error)).rstrip()
    plain(f"Exception in ASGI application\n{stack}", "ERROR")

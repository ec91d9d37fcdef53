"""The backend's routes."""

import hashlib
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator

import accounts
import live
from dependencies import SECONDS, ask, word
from environment import number, text
from pino import PACKAGE_VERSION, now
from redis import RedisError
from stores import Stores
from web import Request, Response

REPORT_SECONDS = number("DOUBLE_SLOW_SECONDS", 2)
EXPORT_SECONDS = number("DOUBLE_STREAM_SECONDS", 6)
EXPORT_STEP = 0.2
TALLY_SECONDS = 0.1

Route = Callable[[Request], Response]


class Routes:
    """Each with its method and path."""

    def __init__(self, stores: Stores) -> None:
        self._stores = stores
        self.table: dict[tuple[str, str], Route] = {
            ("GET", "/health"): self.health,
            ("GET", "/health/live"): lambda _: Response(200, {"status": "ok"}),
            ("POST", "/api/auth/login"): self.login,
            ("GET", "/api/food/health"): self.food_health,
            ("GET", "/api/foods"): self.foods,
            ("GET", "/api/users/count"): self.count_users,
            ("GET", "/api/meals"): self.list_meals,
            ("POST", "/api/meals"): self.add_meal,
            ("POST", "/api/notifications"): self.notify,
            ("POST", "/api/uploads"): upload,
            ("POST", "/api/tally"): self.count_key,
            ("GET", "/api/tally"): self.tally,
            ("GET", "/api/reports/weekly"): report,
            ("GET", "/api/export"): export,
            ("GET", "/api/live"): live.upgrade,
            ("POST", "/api/debug/leak"): self.leak,
        }

    def health(self, _: Request) -> Response:
        """Itself and what it depends on: only without its database it is unhealthy."""
        checks = {
            "database": self._stores.databases["health"].ping,
            "redis": self._stores.ping_redis,
            "ml_service": lambda: ask_ml("/health"),
            "notification_queue": self._stores.ping_queue,
        }
        found = ask(checks)
        status = word(found, "database")
        body = {"status": status, "version": PACKAGE_VERSION, "timestamp": now(), "checks": found}
        return Response(503 if status == "unhealthy" else 200, body)

    def login(self, request: Request) -> Response:
        """A token for a right password."""
        given = request.json()
        found = self._stores.database.query(
            "SELECT id::text, password_hash FROM users WHERE email = %s",
            (str(given.get("email", "")),),
        )
        stored = str(found[0]["password_hash"]) if found else ""
        if not accounts.is_right(str(given.get("password", "")), stored):
            return Response(401, {"error": "Invalid email or password"})
        return Response(200, {"token": accounts.token(str(found[0]["id"]))})

    def food_health(self, _: Request) -> Response:
        """From end to end: whether the ML service answers the backend."""
        try:
            ask_ml("/health/live")
        except OSError as error:
            return Response(503, {"status": "unavailable", "error": str(error)}, error=error)
        return Response(200, {"status": "ok", "ml_service": "ok"})

    def foods(self, _: Request) -> Response:
        """What there is to eat, from the cache where it has it."""
        if (kept := self._stores.cached("foods")) is not None:
            return Response(200, {"foods": kept}, {"X-Cache": "HIT"})
        rows = self._stores.database.query("SELECT DISTINCT food FROM nutrition_entries ORDER BY 1")
        foods = [row["food"] for row in rows]
        self._stores.cache("foods", foods)
        return Response(200, {"foods": foods}, {"X-Cache": "MISS"})

    def count_users(self, _: Request) -> Response:
        """How many users there are."""
        found = self._stores.database.query("SELECT count(*) AS n FROM users")
        return Response(200, {"count": found[0]["n"]})

    def list_meals(self, _: Request) -> Response:
        """The last meals."""
        found = self._stores.database.query(
            "SELECT id::text, name, kind::text, eaten_at::text FROM meals"
            " ORDER BY eaten_at DESC LIMIT 20"
        )
        return Response(200, {"meals": found})

    def add_meal(self, request: Request) -> Response:
        """Write a meal of the first user."""
        name = request.json().get("name")
        if not isinstance(name, str) or not name:
            return Response(422, {"error": "name is missing"})
        found = self._stores.database.query(
            "INSERT INTO meals (user_id, name, kind) SELECT id, %s, 'snack' FROM users"
            " ORDER BY created_at LIMIT 1 RETURNING id::text, eaten_at::text",
            (name,),
        )
        return Response(201, dict(found[0]))

    def notify(self, request: Request) -> Response:
        """Put a notification into the queue, which is Redis'."""
        try:
            self._stores.notify(request.json())
        except RedisError as error:
            return Response(503, {"error": "Notifications are unavailable"}, error=error)
        return Response(202, {"status": "queued"})

    def count_key(self, request: Request) -> Response:
        """Count an idempotency key once more, after the time that a change takes."""
        time.sleep(TALLY_SECONDS)
        run, _, _ = (request.headers.get("Idempotency-Key") or "").partition("-")
        try:
            self._stores.count(run, str(request.headers.get("Idempotency-Key")))
        except RedisError as error:
            return Response(503, {"error": "Counts are unavailable"}, error=error)
        return Response(201, {"status": "counted"})

    def tally(self, request: Request) -> Response:
        """How often each key of a run was counted."""
        query = urllib.parse.parse_qs(request.url.partition("?")[2])
        try:
            return Response(200, {"counts": self._stores.counts(query.get("run", [""])[0])})
        except RedisError as error:
            return Response(503, {"error": "Counts are unavailable"}, error=error)

    def leak(self, request: Request) -> Response:
        """Hold connections inside transactions for good, of one client after the other."""
        wanted = int(str(request.json().get("connections", 1)))
        held = 0
        for database in self._stores.databases.values():
            held += database.hold(wanted - held)
        return Response(200, {"held": held})


def ask_ml(path: str) -> None:
    """Raise what keeps the ML service from answering well."""
    base = text("ML_SERVICE_URL")
    if not base:
        raise OSError("ML_SERVICE_URL is not set")
    try:
        with urllib.request.urlopen(f"{base.rstrip('/')}{path}", timeout=SECONDS):  # noqa: S310 - the operator's own URL
            pass
    except urllib.error.HTTPError as error:
        raise OSError(f"Request failed with status code {error.code}") from error


def upload(request: Request) -> Response:
    """Take a file of any size, and tell what came."""
    digest, size = hashlib.sha256(), 0
    for piece in request.body:
        digest.update(piece)
        size += len(piece)
    return Response(201, {"bytes": size, "sha256": digest.hexdigest()})


def report(_: Request) -> Response:
    """An answer that takes its time."""
    time.sleep(REPORT_SECONDS)
    return Response(200, {"report": "weekly", "took_ms": round(REPORT_SECONDS * 1000)})


def export(_: Request) -> Response:
    """An answer bit by bit; the body is one JSON object in the end."""
    return Response(200, pieces=_pieces())


def _pieces() -> Iterator[bytes]:
    yield b'{"steps": [0'
    for step in range(1, round(EXPORT_SECONDS / EXPORT_STEP)):
        time.sleep(EXPORT_STEP)
        yield f", {step}".encode()
    yield b"]}\n"

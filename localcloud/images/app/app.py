"""A service of the app nutri: health, version, data, JSON logs, and a drain on SIGTERM.

From the moment of SIGTERM `/health` answers 503, so that the proxy takes the replica out, while
requests are still answered; after DRAIN_SECONDS, and once the last answer under way is whole, the
process ends with code 0. `/slow` takes SLOW_SECONDS to answer, `/stream` answers bit by bit.

Without its database a replica stays in the proxy, and says so: all of them would go at once, with
all that needs no data.
"""

import json
import os
import signal
import socket
import sys
import threading
import time
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

SERVICE = os.environ.get("SERVICE", "backend")
VERSION = os.environ.get("VERSION", "unknown")
PORT = int(os.environ.get("PORT", "3000"))
DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "5"))
SLOW_SECONDS = float(os.environ.get("SLOW_SECONDS", "2"))
STREAM_SECONDS = float(os.environ.get("STREAM_SECONDS", "6"))
STREAM_STEP = 0.2
NEVER_HEALTHY = "drain-never-healthy"
IDLE_SECONDS = 30
FINISH_SECONDS = 20  # how long answers under way may hold up the end

Body = dict[str, object]

draining = threading.Event()
data: Any = None
"""The module `data`, where the service has a database."""


class UnderWay:
    """The number of requests that are being answered."""

    def __init__(self) -> None:
        self._count = 0
        self._changed = threading.Condition()

    def __enter__(self) -> None:
        self._add(1)

    def __exit__(self, *_: object) -> None:
        self._add(-1)

    def _add(self, change: int) -> None:
        with self._changed:
            self._count += change
            self._changed.notify_all()

    def wait_for_none(self, seconds: float) -> None:
        """Wait until there is none, no longer than so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._count == 0, seconds)


under_way = UnderWay()


def log(event: str, **fields: object) -> None:
    """Write one line of JSON."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    line = json.dumps({"time": now, "service": SERVICE, "event": event, **fields})
    print(f"{line}\n", end="", flush=True)  # in one write: other threads log, too


def health() -> tuple[int, Body]:
    """Whether the proxy may send requests here."""
    state = "healthy"
    if VERSION == NEVER_HEALTHY:
        state = "unhealthy"
    elif draining.is_set():
        state = "draining"
    body: Body = {"status": state, "container_id": socket.gethostname(), "version": VERSION}
    if data:
        body["database"] = data.state()
    return (200 if state == "healthy" else 503), body


def slow() -> tuple[int, Body]:
    """An answer that takes its time, as a report or an upload does."""
    time.sleep(SLOW_SECONDS)
    return 200, {"status": "slow", "container_id": socket.gethostname(), "version": VERSION}


def answer(method: str, path: str, given: Body) -> tuple[int, Body]:
    """Status and body for one request."""
    routes = {
        "/": lambda: (200, {"service": SERVICE, "container_id": socket.gethostname()}),
        "/health": health,
        "/health/live": lambda: (200, {"status": "alive"}),
        "/version": lambda: (200, {"service": SERVICE, "version": VERSION}),
        "/slow": slow,
    }
    route = routes.get(path) if method == "GET" else None
    if route:
        return route()
    found = _with_data(method, path, given) if data else None
    return found or (404, {"error": "not found", "path": path})


def _with_data(method: str, path: str, given: Body) -> tuple[int, Body] | None:
    try:
        found: tuple[int, Body] | None = data.answer(method, path, given)
    except Exception as error:  # noqa: BLE001 whatever the database does, the client gets an answer
        log("database_error", path=path, error=str(error).strip())
        return 503, {"error": "the database does not answer"}
    return found


def open_data() -> None:
    """Begin to look after the database, where the service has one."""
    global data  # noqa: PLW0603 one process, one database
    if url := os.environ.get("DATABASE_URL"):
        import data as module  # noqa: PLC0415 the driver is for those who need it

        module.open_database(url)
        data = module


class Handler(BaseHTTPRequestHandler):
    """One connection; kept open between requests."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # one write a response

    def do_GET(self) -> None:
        """Answer, and log the request with what it took."""
        began = time.perf_counter()
        with under_way:
            path = self.path.split("?")[0]
            status = self._stream() if path == "/stream" else self._whole(path)
        took = round((time.perf_counter() - began) * 1000, 2)
        log(
            "request_completed",
            method=self.command,
            path=self.path,
            status=status,
            duration_ms=took,
        )

    def _whole(self, path: str) -> int:
        method = "GET" if self.command == "HEAD" else self.command
        status, body = answer(method, path, self._given())
        payload = (json.dumps(body) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)
        self.wfile.flush()
        return status

    def _given(self) -> Body:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        try:
            found = json.loads(raw or b"{}")
        except ValueError:
            return {}
        return found if isinstance(found, dict) else {}

    def _stream(self) -> int:
        """Answer in chunks; the body is one JSON object in the end."""
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        if self.command != "HEAD":
            fields = {"container_id": socket.gethostname(), "version": VERSION}
            self._chunk(json.dumps(fields)[:-1] + ', "steps": [0')
            for step in range(1, round(STREAM_SECONDS / STREAM_STEP)):
                time.sleep(STREAM_STEP)
                self._chunk(f", {step}")
            self._chunk("]}\n")
            self._chunk("")
        return 200

    def _chunk(self, text: str) -> None:
        self.wfile.write(f"{len(text):x}\r\n{text}\r\n".encode())
        self.wfile.flush()

    def do_POST(self) -> None:
        """Answer like GET, with the body that was sent."""
        self.do_GET()

    def do_HEAD(self) -> None:
        """Answer like GET, without the body."""
        self.do_GET()

    def log_message(self, *_: object) -> None:
        """Requests are logged as JSON above."""


class Server(ThreadingHTTPServer):
    """Serves each connection in a thread of its own."""

    request_queue_size = 128

    def handle_error(self, request: object, client_address: object) -> None:
        """Let a peer hang up without a traceback; the proxy's probes do."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)


def main() -> None:
    """Serve until SIGTERM, then drain."""
    open_data()
    server = Server(("", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: draining.set())
    signal.signal(signal.SIGINT, lambda *_: draining.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log("started", port=PORT, version=VERSION)
    draining.wait()
    log("draining", seconds=DRAIN_SECONDS)
    time.sleep(DRAIN_SECONDS)
    server.shutdown()
    under_way.wait_for_none(FINISH_SECONDS)
    log("stopped")
    sys.exit(0)


if __name__ == "__main__":
    main()

"""A service of the app nutri: health, version, JSON logs, and a drain on SIGTERM.

From the moment of SIGTERM `/health` answers 503, so that the proxy takes the replica out, while
requests are still answered; after DRAIN_SECONDS the process ends with code 0.
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

SERVICE = os.environ.get("SERVICE", "backend")
VERSION = os.environ.get("VERSION", "unknown")
PORT = int(os.environ.get("PORT", "3000"))
DRAIN_SECONDS = float(os.environ.get("DRAIN_SECONDS", "5"))
NEVER_HEALTHY = "never-healthy"
IDLE_SECONDS = 30

draining = threading.Event()


def log(event: str, **fields: object) -> None:
    """Write one line of JSON."""
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    print(json.dumps({"time": now, "service": SERVICE, "event": event, **fields}), flush=True)


def health() -> tuple[int, dict[str, object]]:
    """Whether the proxy may send requests here."""
    state = "healthy"
    if VERSION == NEVER_HEALTHY:
        state = "unhealthy"
    elif draining.is_set():
        state = "draining"
    body = {"status": state, "container_id": socket.gethostname(), "version": VERSION}
    return (200 if state == "healthy" else 503), body


def answer(path: str) -> tuple[int, dict[str, object]]:
    """Status and body for one path."""
    routes = {
        "/": lambda: (200, {"service": SERVICE, "container_id": socket.gethostname()}),
        "/health": health,
        "/health/live": lambda: (200, {"status": "alive"}),
        "/version": lambda: (200, {"service": SERVICE, "version": VERSION}),
    }
    route = routes.get(path)
    return route() if route else (404, {"error": "not found", "path": path})


class Handler(BaseHTTPRequestHandler):
    """One connection; kept open between requests."""

    protocol_version = "HTTP/1.1"
    timeout = IDLE_SECONDS
    wbufsize = -1  # one write a response

    def do_GET(self) -> None:
        """Answer, and log the request with what it took."""
        began = time.perf_counter()
        status, body = answer(self.path.split("?")[0])
        payload = (json.dumps(body) + "\n").encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(payload)
        took = round((time.perf_counter() - began) * 1000, 2)
        log(
            "request_completed",
            method=self.command,
            path=self.path,
            status=status,
            duration_ms=took,
        )

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
    server = Server(("", PORT), Handler)
    signal.signal(signal.SIGTERM, lambda *_: draining.set())
    signal.signal(signal.SIGINT, lambda *_: draining.set())
    threading.Thread(target=server.serve_forever, daemon=True).start()
    log("started", port=PORT, version=VERSION)
    draining.wait()
    log("draining", seconds=DRAIN_SECONDS)
    time.sleep(DRAIN_SECONDS)
    server.shutdown()
    log("stopped")
    sys.exit(0)


if __name__ == "__main__":
    main()

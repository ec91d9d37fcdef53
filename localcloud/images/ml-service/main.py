"""The ML service as uvicorn runs it: a parent, and workers that share its socket.

A worker loads the models before it listens. At SIGTERM it closes the listening socket at once,
ends the requests under way, then waits up to ten seconds for its queue.
"""

import contextlib
import json
import os
import signal
import socket
import sys
import threading
import time
import traceback
from pathlib import Path

import environment
import models
from redis import Redis, RedisError
from service import NEVER_HEALTHY, MlService
from structlog import plain
from urls import Access, UrlError, asyncpg
from web import Server, background, bind

POOL, OVERFLOW = 10, 20
QUEUE_SECONDS = 10.0
POLL_SECONDS = 0.05
STARTUP_FAILED = 3
DEFAULT_SECRET = "change-me-in-production-change-me-now"  # noqa: S105 - the one that is refused
TAG_FILE = Path(__file__).with_name("tag")


def demanded() -> Access:
    """The database's URL, once the whole environment is as it has to be."""
    problems = environment.missing("DATABASE_URL")
    if environment.text("ENVIRONMENT", "development") == "production":
        problems += environment.weak("SECRET_KEY")
        if environment.text("SECRET_KEY") == DEFAULT_SECRET:
            problems.append("SECRET_KEY must not be the default")
    access = Access("", 0)
    try:
        if url := environment.text("DATABASE_URL"):
            access = asyncpg(url, POOL + OVERFLOW)
        if url := environment.text("REDIS_URL"):
            Redis(url)
    except UrlError as error:
        problems.append(f"DATABASE_URL: {error}")
    except RedisError as error:
        problems.append(str(error))
    environment.end([*problems, *_origins()])
    return access


def _origins() -> list[str]:
    try:
        found = json.loads(environment.text("CORS_ORIGINS", "[]"))
    except ValueError:
        found = None
    return [] if isinstance(found, list) else ["CORS_ORIGINS must be a JSON list"]


def work(listener: socket.socket, access: Access, workers: int) -> None:
    """One worker, from its start to its end."""
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plain(f"Started server process [{os.getpid()}]")
    plain("Waiting for application startup.")
    _load(workers)
    if ended.is_set():
        return
    tag = TAG_FILE.read_text().strip() if TAG_FILE.exists() else ""
    service = MlService(access, is_broken=tag == NEVER_HEALTHY)
    server = Server(listener, service, "uvicorn")
    plain("Application startup complete.")
    background(server.serve_forever)
    ended.wait()
    _end(server, service)


def _load(workers: int) -> None:
    """Load the models; nothing is heeded meanwhile, not even SIGTERM."""
    try:
        models.load(workers)
    except OSError:
        plain(traceback.format_exc().rstrip(), "ERROR")
        plain("Application startup failed. Exiting.", "ERROR")
        sys.exit(STARTUP_FAILED)


def _end(server: Server, service: MlService) -> None:
    plain("Shutting down")
    server.refuse()
    if server.under_way:
        plain("Waiting for connections to close. (CTRL+C to force quit)")
    while server.under_way:
        time.sleep(POLL_SECONDS)
    plain("Waiting for application shutdown.")
    service.settle(QUEUE_SECONDS)
    plain("Application shutdown complete.")
    plain(f"Finished server process [{os.getpid()}]")


def begin(listener: socket.socket, access: Access, workers: int) -> int:
    """Start a worker; returns its process id."""
    number = os.fork()
    if number:
        return number
    code: object = 1
    try:
        work(listener, access, workers)
        code = 0
    except SystemExit as ended:
        code = ended.code
    finally:
        sys.stdout.flush()
        os._exit(int(code))


def main(port: int, workers: int) -> int:
    """The parent: passes the end on, and ends as its first worker that fails."""
    access = demanded()
    listener = bind(port)
    plain(f"Uvicorn running on http://0.0.0.0:{port} (Press CTRL+C to quit)")
    plain(f"Started parent process [{os.getpid()}]")
    running = {begin(listener, access, workers) for _ in range(workers)}
    listener.close()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: _end_all(running))
    worst = 0
    while running:
        number, status = os.wait()
        running.discard(number)
        if code := os.waitstatus_to_exitcode(status):
            worst = worst or abs(code)
            _end_all(running)
    plain(f"Stopping parent process [{os.getpid()}]")
    return worst


def _end_all(running: set[int]) -> None:
    for one in tuple(running):
        with contextlib.suppress(ProcessLookupError):
            os.kill(one, signal.SIGTERM)


def _option(name: str, default: int) -> int:
    words = sys.argv[1:]
    return int(words[words.index(name) + 1]) if name in words else default


if __name__ == "__main__":
    sys.exit(main(_option("--port", 8000), _option("--workers", 1)))

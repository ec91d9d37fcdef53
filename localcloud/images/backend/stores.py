"""What the backend keeps its data in: three database clients, Redis for cache and queue."""

import json
import os
import socket
import time

from database import Database
from dependencies import SECONDS
from environment import text
from pino import err, log
from redis import Redis, RedisError
from urls import Access

CLIENTS = ("api", "jobs", "health")
BEAT_SECONDS = 5.0
RETRY_SECONDS = 0.5
CACHE_SECONDS = 60
QUEUE = "bull:notifications:wait"


class Stores:
    """All of them; each is opened when it is wanted."""

    def __init__(self, access: Access) -> None:
        # Three clients, each of them with the URL's whole limit.
        self.databases = {name: Database(access) for name in CLIENTS}
        self._cache, self._queue = _redis(), _redis()

    @property
    def database(self) -> Database:
        """The client that requests use."""
        return self.databases["api"]

    def ping_redis(self) -> None:
        """Raise what keeps the cache from answering, as soon as it is known."""
        _there(self._cache).call("PING")

    def ping_queue(self) -> None:
        """Raise what keeps the queue from answering: its client tries again and again before."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                _there(self._queue).call("LLEN", QUEUE)
            except RedisError:
                if time.monotonic() + RETRY_SECONDS > deadline:
                    raise
                time.sleep(RETRY_SECONDS)
            else:
                return

    def notify(self, job: dict[str, object]) -> None:
        """Put a job into the queue; raises RedisError."""
        _there(self._queue).call("LPUSH", QUEUE, json.dumps(job))

    def count(self, run: str, key: str) -> None:
        """Count a key of a run once more; raises RedisError."""
        _there(self._cache).call("HINCRBY", f"tally:{run}", key, "1")
        _there(self._cache).call("EXPIRE", f"tally:{run}", "7200")

    def counts(self, run: str) -> dict[str, int]:
        """How often each key of a run was counted; raises RedisError."""
        found = _there(self._cache).call("HGETALL", f"tally:{run}")
        words = [bytes(one).decode() for one in found] if isinstance(found, list) else []
        return {key: int(count) for key, count in zip(words[::2], words[1::2], strict=True)}

    def cached(self, key: str) -> object:
        """What the cache has; None where it has nothing, or does not answer."""
        try:
            found = _there(self._cache).call("GET", key)
        except RedisError as error:
            log("warn", "Cache does not answer", err=err(error))
            return None
        return json.loads(found) if isinstance(found, bytes) else None

    def cache(self, key: str, value: object) -> None:
        """Keep something for a minute, where the cache answers."""
        try:
            _there(self._cache).call("SETEX", key, str(CACHE_SECONDS), json.dumps(value))
        except RedisError as error:
            log("warn", "Cache does not answer", err=err(error))

    def beat(self) -> None:
        """Leave a sign of life in the database every few seconds, for ever."""
        told = False
        while True:
            try:
                statement = "INSERT INTO heartbeat (source) VALUES (%s)"
                self.databases["jobs"].query(statement, (socket.gethostname(),))
                told = False
            except Exception as error:  # noqa: BLE001 - a job's error is logged, once
                if not told:
                    log("error", "Job heartbeat failed", err=err(error))
                told = True
            time.sleep(BEAT_SECONDS)


def cores() -> int:
    """As the database client counts them."""
    return os.cpu_count() or 1


def _redis() -> Redis | None:
    url = text("REDIS_URL")
    return Redis(url) if url else None


def _there(client: Redis | None) -> Redis:
    if client is None:
        raise RedisError("REDIS_URL is not set")
    return client

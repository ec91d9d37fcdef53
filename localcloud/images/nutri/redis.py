"""A Redis client: one connection, made when it is wanted, and anew after it broke."""

import contextlib
import os
import socket
import ssl
import threading
from typing import BinaryIO
from urllib.parse import unquote, urlsplit

SECONDS = 5.0
PORT = 6379


class RedisError(Exception):
    """What the server says against a command, or why it is not reached."""


class Redis:
    """`redis://` or, with TLS, `rediss://[user]:password@host[:port][/database]`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in {"redis", "rediss"} or not parts.hostname:
            raise RedisError("REDIS_URL must start with `redis://` or `rediss://`")
        self._parts = parts
        self._lock = threading.Lock()
        self._stream: BinaryIO | None = None
        self._socket: socket.socket | None = None

    def call(self, *words: str | bytes) -> object:
        """The reply to a command; raises RedisError."""
        if not self._lock.acquire(timeout=SECONDS):
            raise RedisError("an earlier command has no reply yet")
        try:
            return self._call(words)
        except OSError as error:
            self._close()
            raise RedisError(_told(error)) from error
        finally:
            self._lock.release()

    def _call(self, words: tuple[str | bytes, ...]) -> object:
        fresh = self._stream is None
        stream = self._stream or self._open()
        try:
            return _ask(stream, words)
        except OSError:
            self._close()
            if fresh:
                raise
        return _ask(self._open(), words)  # it had only been closed since the last command

    def _open(self) -> BinaryIO:
        host, port = str(self._parts.hostname), self._parts.port or PORT
        plain = socket.create_connection((host, port), SECONDS)
        secure = self._parts.scheme == "rediss"
        with contextlib.ExitStack() as undo:
            undo.callback(plain.close)
            self._socket = _trust().wrap_socket(plain, server_hostname=host) if secure else plain
            self._stream = self._socket.makefile("rwb")
            undo.pop_all()
        self._log_in(self._stream)
        return self._stream

    def _log_in(self, stream: BinaryIO) -> None:
        user, password = self._parts.username, self._parts.password
        try:
            if password:
                names = (unquote(user),) if user else ()
                _ask(stream, ("AUTH", *names, unquote(password)))
            if database := self._parts.path.strip("/"):
                _ask(stream, ("SELECT", database))
        except RedisError:
            self._close()
            raise

    def _close(self) -> None:
        for one in (self._stream, self._socket):
            if one is not None:
                with contextlib.suppress(OSError):
                    one.close()
        self._stream = self._socket = None


def _trust() -> ssl.SSLContext:
    """The system's authorities, and those of NODE_EXTRA_CA_CERTS."""
    context = ssl.create_default_context()
    if more := os.environ.get("NODE_EXTRA_CA_CERTS"):
        with contextlib.suppress(OSError):  # Node warns of it, and goes on
            context.load_verify_locations(more)
    return context


def _ask(stream: BinaryIO, words: tuple[str | bytes, ...]) -> object:
    parts = [word.encode() if isinstance(word, str) else word for word in words]
    stream.write(b"*%d\r\n" % len(parts))
    stream.writelines(b"$%d\r\n%s\r\n" % (len(part), part) for part in parts)
    stream.flush()
    return _reply(stream)


def _reply(stream: BinaryIO) -> object:
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise ConnectionError("the connection was closed")
    kind, rest = line[:1], line[1:-2]
    if kind == b"-":
        raise RedisError(rest.decode())
    if kind == b"+":
        return rest.decode()
    size = int(rest)
    if kind == b":":
        return size
    if kind == b"*":
        return [_reply(stream) for _ in range(size)]
    return None if size < 0 else stream.read(size + 2)[:-2]


def _told(error: OSError) -> str:
    if isinstance(error, TimeoutError):
        return f"timed out after {SECONDS * 1000:.0f}ms"
    return str(error.strerror or error)

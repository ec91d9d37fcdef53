"""Kinds of failure, in a word or two."""

from __future__ import annotations

import errno
import ssl

import httpx

_BY_NUMBER = {
    errno.ECONNREFUSED: "refused",
    errno.ECONNRESET: "reset",
    errno.EPIPE: "reset",
    errno.EHOSTUNREACH: "unreachable",
    errno.ENETUNREACH: "unreachable",
    errno.ETIMEDOUT: "timeout",
}
_LOST = (httpx.RemoteProtocolError, httpx.ReadError, httpx.WriteError, httpx.CloseError)


def is_lost(error: Exception) -> bool:
    """Whether a connection ended under a request."""
    return isinstance(error, _LOST)


def kind(error: Exception) -> str:
    """Name the kind of failure that an error of httpx or of time tells."""
    for one in _chain(error):
        if isinstance(one, TimeoutError | httpx.TimeoutException):
            return "timeout"
        if isinstance(one, ssl.SSLError):
            return "TLS"
        if isinstance(one, OSError) and one.errno in _BY_NUMBER:
            return _BY_NUMBER[one.errno]
    if isinstance(error, httpx.ConnectError):
        return "connect"
    if isinstance(error, httpx.RemoteProtocolError | httpx.ReadError):
        return "disconnected"
    return type(error).__name__


def _chain(error: BaseException) -> list[BaseException]:
    found: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        one = todo.pop()
        if one is None or one in found:
            continue
        found.append(one)
        todo += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            todo += one.exceptions
    return found

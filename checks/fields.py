"""What a structured log line says, whichever logger wrote it; pure.

Loggers spell alike things differently: `statusCode`, `status_code`, `res.statusCode`, nested or
with dots in the key. Upper case, `_` and `-` in names make no difference here.
"""

from __future__ import annotations

import json
import math
import re
from functools import lru_cache
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")

_LEVELS = ("level", "levelname", "severity", "log.level", "loglevel", "lvl", "severity_text")
_STATUSES = (
    "status_code",
    "status",
    "res.status_code",
    "res.status",
    "response.status_code",
    "response.status",
    "http.status_code",
    "http.response.status_code",
)
MILLISECONDS = (
    "duration_ms",
    "response_time",
    "response_time_ms",
    "elapsed_ms",
    "latency_ms",
    "took_ms",
)
_PATHS = (
    "path",
    "req.path",
    "request.path",
    "url.path",
    "http.path",
    "http.target",
    "original_url",
    "req.original_url",
    "url",
    "req.url",
    "request.url",
)
_METHODS = ("method", "req.method", "request.method", "http.method", "http.request.method")
_EVENTS = ("event", "msg", "message")

_ERROR_LEVELS = frozenset(
    [
        "error",
        "err",
        "erro",
        "critical",
        "crit",
        "fatal",
        "fata",
        "ftl",
        "alert",
        "emergency",
        "emerg",
        "panic",
        "severe",
    ]
)
_OTHER_LEVELS = frozenset(
    [
        "trace",
        "verbose",
        "silly",
        "debug",
        "debg",
        "dbg",
        "info",
        "inf",
        "information",
        "http",
        "notice",
        "warning",
        "warn",
        "wrn",
        "success",
        "default",
    ]
)
_NUMBERED_ERROR = 50  # pino and bunyan: 10 trace, 20 debug, 30 info, 40 warn, 50 error, 60 fatal
_LEAST_STATUS, _MOST_STATUS = 100, 599
_DEEP = 50  # levels of nesting that are read; what is below tells nothing of level or request
_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]|[^"\[\]{}]+|"', re.DOTALL)
_DIGITS = 300  # of a number; more is no quantity of anything


def parse(text: str) -> dict[str, Any]:
    """The line's JSON object, with colours around it or without; empty when it is none."""
    text = text.strip()
    if text.startswith("\x1b"):
        text = ANSI.sub("", text).strip()
    if not text.startswith("{"):
        return {}
    try:
        found = _loads(text)
    except RecursionError:
        return _parse_shallow(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def level_is_error(fields: dict[str, Any]) -> bool | None:
    """Whether the line's level is that of an error; None when it has none that is known."""
    known = (_is_error(value) for value in _found(fields, _LEVELS))
    return next((one for one in known if one is not None), None)


def word_is_error(word: str) -> bool | None:
    """Whether a word is the level of an error; None when it is no level."""
    word = word.casefold()
    return True if word in _ERROR_LEVELS else False if word in _OTHER_LEVELS else None


def http_status(fields: dict[str, Any]) -> int | None:
    """The HTTP status of a logged request, under any of its usual names."""
    numbers = (_number(value) for value in _found(fields, _STATUSES))
    statuses = (int(one) for one in numbers if one is not None and one == int(one))
    return next((one for one in statuses if _LEAST_STATUS <= one <= _MOST_STATUS), None)


def milliseconds(fields: dict[str, Any]) -> float | None:
    """How long a request took."""
    numbers = (_number(value) for value in _found(fields, MILLISECONDS))
    return next((one for one in numbers if one is not None and one >= 0), None)


def method(fields: dict[str, Any]) -> str | None:
    """The HTTP method of a request."""
    return next((value for value in _found(fields, _METHODS) if isinstance(value, str)), None)


def path(fields: dict[str, Any]) -> str | None:
    """The path of a request, without its query."""
    texts = (value for value in _found(fields, _PATHS) if isinstance(value, str) and value)
    found = next((_without_query(text) for text in texts), None)
    # JSON can hold half a character, which no terminal takes.
    return None if found is None else found.encode(errors="replace").decode()


def is_own(fields: dict[str, Any]) -> bool:
    """Whether its path is one of the service's own: a whole URL is what it asked of others."""
    if any(isinstance(fields.get(name), dict) for name in ("req", "request")):
        return True
    texts = (value for value in _found(fields, _PATHS) if isinstance(value, str) and value)
    return next((text.startswith("/") for text in texts), False)


def events(fields: dict[str, Any]) -> set[str]:
    """What the line calls itself."""
    return {value for value in _found(fields, _EVENTS) if isinstance(value, str)}


def _loads(text: str) -> Any:  # noqa: ANN401 - JSON
    # strict: a raw tab or escape within a string is bad JSON, and readable all the same.
    return json.loads(text, strict=False, parse_int=_integer)


def _integer(digits: str) -> float:
    return int(digits) if len(digits) <= _DIGITS else math.inf


def _parse_shallow(text: str) -> dict[str, Any]:
    """Read an object that is nested too deep for the parser, its depths as nulls."""
    try:
        found = json.loads("".join(_shallow(text)), strict=False, parse_int=_integer)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _shallow(text: str) -> Iterator[str]:
    depth = 0
    for token in _TOKENS.finditer(text):
        word = token.group()
        depth += word in "[{"
        if depth <= _DEEP:
            yield word
        elif depth == _DEEP + 1 and word in "[{":
            yield "null"
        depth -= word in "]}"


def _found(fields: dict[str, Any], names: tuple[str, ...]) -> Iterator[Any]:
    plain = _plain(fields)
    for name in names:
        yield from _dig(plain, name.split("."))


def _dig(plain: dict[str, Any], parts: list[str]) -> Iterator[Any]:
    """Follow a dotted name, whose dots may be levels, or of the keys themselves."""
    for count in range(1, len(parts) + 1):
        key, rest = _bare(".".join(parts[:count])), parts[count:]
        value = plain.get(key)
        if not rest and value is not None:
            yield value
        elif rest and isinstance(value, dict):
            yield from _dig(_plain(value), rest)


def _plain(value: dict[str, Any]) -> dict[str, Any]:
    return {_bare(key): one for key, one in reversed(value.items())}


@lru_cache(4096)
def _bare(key: str) -> str:
    return key.replace("_", "").replace("-", "").casefold()


def _is_error(value: object) -> bool | None:
    number = _number(value)
    if number is not None:
        return number >= _NUMBERED_ERROR
    if not isinstance(value, str):
        return None
    word = re.search(r"[^\W\d_]+", ANSI.sub("", value))
    return word_is_error(word.group()) if word else None


def _number(value: object) -> float | None:
    if isinstance(value, str):
        try:
            value = float(value) if len(value) <= _DIGITS else None
        except ValueError:
            return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return None
    return value


def _without_query(text: str) -> str:
    if "://" in text.partition("?")[0]:
        try:
            return urlsplit(text).path or "/"
        except ValueError:
            return text
    return re.split(r"[?#]", text, maxsplit=1)[0]

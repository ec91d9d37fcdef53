"""What a log line tells, in the spellings of several loggers; whole kinds, by properties."""

from __future__ import annotations

import json
import string
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from checks import fields
from checks.logs import LogLine, parse_line
from checks.traffic import as_request

if TYPE_CHECKING:
    from collections.abc import Callable

CASES = [
    json.loads(line)
    for line in (Path(__file__).parent / "recorded" / "cases.jsonl").read_text().splitlines()
]
_COLOURS = st.sampled_from(["{}", "\x1b[31m{}\x1b[39m", "\x1b[1;97;41m{}\x1b[0m", " {} ", "[{}]"])
_FINE = ("trace", "debug", "info", "notice", "warn", "warning")
_BAD = ("error", "err", "critical", "crit", "fatal", "alert", "emerg", "panic")
_LEVEL_NAMES = ("level", "levelname", "severity", "log.level", "logLevel", "LEVEL")
_MS_NAMES = ("duration_ms", "durationMs", "responseTime", "response_time_ms", "ResponseTime")
_STATUS_NAMES = ("status_code", "statusCode", "status", "res.statusCode", "res.status_code")
_PATH_NAMES = ("path", "url", "req.url", "req.path", "request.path", "req.originalUrl")
_METHOD_NAMES = ("method", "req.method", "request.method")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=20,
)
_CASES: tuple[Callable[[str], str], ...] = (str.lower, str.upper, str.title)


def _line(text: str) -> LogLine:
    return parse_line("r", f"2026-01-02T03:04:05.678901234Z {text}")


@st.composite
def _spelled(draw: st.DrawFn, values: dict[str, Any]) -> dict[str, Any]:
    """An object with each value at its dotted name: nested, flat, among others."""
    whole: dict[str, Any] = {}
    for name, value in values.items():
        first, _, rest = name.partition(".")
        if rest and draw(st.booleans()):
            whole.setdefault(first, {})[rest] = value
        else:
            whole[name] = value
    return {"service": "x", "pid": 1, **whole, "hostname": draw(st.text(max_size=5))}


@pytest.mark.parametrize("case", CASES, ids=lambda case: str(case["line"])[:60])
def test_lines_that_failed_once(case: dict[str, Any]) -> None:
    """Error or not, and which request."""
    line, expect = _line(case["line"]), case["expect"]
    assert line.is_error is expect["error"]
    found = as_request(line)
    told = found and {
        "method": found.method,
        "path": found.path,
        "status": found.status,
        "ms": found.milliseconds,
    }
    assert told == expect.get("request")


@given(
    st.data(),
    st.sampled_from(_LEVEL_NAMES),
    st.sampled_from(_FINE + _BAD),
    _COLOURS,
    st.sampled_from(_CASES),
)
def test_a_level_by_word(
    data: st.DataObject, name: str, word: str, colours: str, case: Callable[[str], str]
) -> None:
    """Under any name, in any case, with colours or brackets."""
    whole = data.draw(_spelled({name: colours.format(case(word)), "msg": "an error of old"}))
    assert _line(json.dumps(whole)).is_error is (word in _BAD)


@given(st.sampled_from(["level", "severity"]), st.integers(8, 90), st.booleans())
def test_a_level_by_number(name: str, number: int, as_text: bool) -> None:
    """Of pino and bunyan, and one between two of theirs."""
    value = str(number) if as_text else number
    assert _line(json.dumps({name: value})).is_error is (number >= 50)


@given(
    st.data(),
    st.tuples(*map(st.sampled_from, (_MS_NAMES, _STATUS_NAMES, _PATH_NAMES, _METHOD_NAMES))),
    st.floats(0, 1e7) | st.integers(0, 10**7),
    st.integers(100, 599),
    st.text(string.ascii_letters + "/%._-", max_size=30),
    st.sampled_from(["", "?day=1", "?next=/a?b#c", "#x"]),
)
def test_a_request_in_every_spelling(  # noqa: PLR0913, PLR0917 - one a part of it
    data: st.DataObject,
    names: tuple[str, ...],
    taken: float,
    status: int,
    path: str,
    query: str,
) -> None:
    """Each part is found wherever its logger puts it; the query is nobody's."""
    values = (taken, status, f"/{path}{query}", "PATCH")
    whole = data.draw(_spelled(dict(zip(names, values, strict=True))))
    line = _line(json.dumps(whole))
    found = as_request(line)
    assert found
    assert (found.method, found.path, found.status) == ("PATCH", f"/{path}", status)
    assert found.milliseconds == taken
    assert line.is_error is (status >= 500)


@pytest.mark.parametrize(
    "told",
    [
        {"event": "model_loaded", "path": "/models/food", "duration_ms": 90_000},
        {"event": "http_call", "method": "GET", "url": "https://usda.gov/x", "duration_ms": 9},
        {"event": "request_started", "method": "GET", "path": "/a"},
        {"method": "GET", "path": "/a", "duration_ms": "soon"},
        {"method": "GET", "path": "/a", "duration_ms": True},
        {"method": "GET", "path": "/a", "duration_ms": -1},
        {"method": "GET", "path": "/a", "duration_ms": float("nan")},
    ],
)
def test_what_is_no_request_of_the_service(told: dict[str, Any]) -> None:
    """What it did itself, what it asked of others, what has not ended."""
    assert as_request(_line(json.dumps(told))) is None


@pytest.mark.parametrize("status", ["degraded", True, 9, 6000, None, [200], 200.5])
def test_what_is_no_http_status(status: object) -> None:
    """A field of that name may say something else."""
    assert fields.http_status({"status": status}) is None


@given(_JSON, st.sampled_from([*_LEVEL_NAMES, "res", "req", "http", "log", "url", "duration_ms"]))
def test_no_line_disturbs(value: object, name: str) -> None:
    """Whatever is where a part should be."""
    line = _line(json.dumps({name: value, "method": "GET", "path": value}))
    assert line.is_error in {True, False}
    as_request(line)


@given(st.text(max_size=200))
def test_no_text_disturbs(text: str) -> None:
    """JSON or not."""
    for line in (_line(text), _line("{" + text)):
        assert line.is_error in {True, False}
        as_request(line)


@pytest.mark.parametrize("depth", [40, 60, 1_000, 200_000])
@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")])
def test_nesting_of_any_depth(depth: int, opened: str, closed: str) -> None:
    """What stands above it is read."""
    deep = f"{opened * depth}1{closed * depth}"
    line = _line(f'{{"trap": "]}}\\"", "n": {deep}, "level": "error", "status": 503}}')
    assert line.is_error
    assert fields.http_status(line.fields) == 503


@pytest.mark.parametrize("text", ["{" * 100_000, '{"a":' * 100_000, '{"a": ' + "[" * 100_000 + "}"])
def test_what_never_closes_is_no_json(text: str) -> None:
    """Nor does it take the program down."""
    assert not _line(text).fields
    assert not _line(text).is_error


def test_a_number_of_any_length() -> None:
    """Python refuses to read some."""
    digits = "9" * 5_000
    assert _line(f'{{"n": {digits}, "level": {digits}, "status": 503}}').is_error


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ('INFO:     172.18.0.4:51 - "GET /errors/error HTTP/1.1" 200 OK', False),
        ("ERROR:    Exception in ASGI application", True),
        ("\x1b[33mWARNING\x1b[0m: error rate is fine", False),
        ("[info] no error", False),
        ('\x1b[32m{"level": "err"}\x1b[0m', True),
        ("Downloading: 100%|error|", True),
    ],
)
def test_lines_of_plain_text(text: str, is_error: bool) -> None:
    """By the level they begin with, else by their words."""
    assert _line(text).is_error is is_error

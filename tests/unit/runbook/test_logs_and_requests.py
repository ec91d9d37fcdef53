"""Logs by time, pattern and form; requests counted out of them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from common.target import Target
from runbook.logs import Extent, find_sources, follow, last_lines
from tests.unit.runbook.server import FakeClient, FakeServer

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def _request(second: int, path: str, milliseconds: float, status: int = 200) -> str:
    fields = {"event": "request_completed", "method": "GET", "path": path, "status": status}
    text = json.dumps(fields | {"duration_ms": milliseconds})
    return f"2026-01-01T00:00:{second:02}Z {text}\n"


@pytest.fixture
def logging(server: FakeServer) -> FakeServer:
    """Two replicas, each with a log of its own."""
    server.application("app-a")
    server.application("app-b")
    texts = {
        "app-a-1": "2026-01-01T00:00:01Z one\n2026-01-01T00:00:03Z Error: three\n",
        "app-b-1": "2026-01-01T00:00:02Z two\n",
    }
    server.answers["docker logs"] = lambda text: texts[text.split()[-1]]
    return server


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        ((), "--tail 100"),
        (("-n", "7"), "--tail 7"),
        (("--since", "1h30m"), "--tail all --since 5400s"),
        (("--since", "2d", "-n", "9"), "--tail 9 --since 172800s"),
        (("--since", "2026-01-31T12:00+00:00"), "--tail all --since 2026-01-31T12:00:00+00:00"),
    ],
)
def test_docker_is_asked_for_the_right_lines(
    words: tuple[str, ...], asked: str, logging: FakeServer, run: Callable[..., int]
) -> None:
    """The last hundred, unless --lines or --since says otherwise."""
    assert run("logs", "nutri-backend", *words) == 0
    commands = [one for one in logging.commands if one.startswith("docker logs")]
    assert commands[0] == f"docker logs --timestamps {asked} app-a-1"
    assert len(commands) == 2


def test_lines_are_picked_by_a_pattern(
    logging: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """A regular expression, over all replicas, in the order of time."""
    assert logging
    assert run("logs", "nutri-backend", "--grep", "^t|three") == 0
    assert capsys.readouterr().out.splitlines() == [
        "nutri-backend-2 | two",
        "nutri-backend-1 | Error: three",
    ]


def test_the_lines_of_all_servers_are_merged(outputs: dict[str, Any], tmp_path: Path) -> None:
    """By time, each with its replica's name, whichever server that runs on."""
    service = Target.model_validate(outputs).services[0]
    clients: list[Any] = []
    for application, text in (("app-a", "00:01Z one\n00:03Z three"), ("app-b", "00:02Z two")):
        server = FakeServer(tmp_path)
        server.application(application)
        server.answers["docker logs"] = text
        clients.append(FakeClient(server))
    sources = find_sources(clients, service)
    for lines in (last_lines(sources, Extent()), sorted(follow(sources, Extent()))):
        assert [(one.replica, one.text) for one in lines] == [
            ("nutri-backend-1", "one"),
            ("nutri-backend-2", "two"),
            ("nutri-backend-1", "three"),
        ]


def test_json_is_an_object_a_line(
    logging: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With time, replica and text."""
    assert logging
    assert run("logs", "nutri-backend", "--json", "-e") == 0
    (line,) = capsys.readouterr().out.splitlines()
    assert json.loads(line) == {
        "time": "2026-01-01T00:00:03Z",
        "replica": "nutri-backend-1",
        "text": "Error: three",
    }


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--grep", "("), "is no regular expression"),
        (("--since", "yesterday"), "'yesterday' is no length of time"),
    ],
)
def test_a_mistake_is_told_before_anything_is_asked(
    words: tuple[str, ...],
    says: str,
    logging: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """With what would be right."""
    assert run("logs", "nutri-backend", *words) == 2
    assert says in capsys.readouterr().err
    assert logging.commands == []


@pytest.fixture
def busy(server: FakeServer) -> FakeServer:
    """Two replicas that had requests: ten fast ones, two slow, one failed, and probes."""
    server.application("app-a")
    server.application("app-b")
    texts = {
        "app-a-1": "".join(_request(n, "/meals", 10 + n) for n in range(10))
        + _request(11, "/health", 1)
        + _request(12, "/health/live?x", 5000),
        "app-b-1": _request(20, "/report", 2500)
        + _request(21, "/report", 1500, 500)
        + "2026-01-01T00:00:22Z started\n",
    }
    server.answers["docker logs"] = lambda text: texts[next(name for name in texts if name in text)]
    return server


def test_requests_are_counted(
    busy: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Probes apart: rate, status, replicas, percentiles, the slowest first."""
    assert run("requests", "nutri-backend", "--since", "1m") == 0
    assert capsys.readouterr().out.splitlines() == [
        "nutri-backend, last 1 min: 12 requests (0.2 a second)",
        "  besides      2 health probes",
        "  by status    2xx 11, 5xx 1",
        "  by replica   nutri-backend-1 10, nutri-backend-2 2",
        "  percentiles  p50 15 ms, p95 2500 ms, p99 2500 ms",
        "  slow         2 took more than 1000 ms",
        "    2500 ms  GET /report  200  nutri-backend-2  2026-01-01T00:00:20Z",
        "    1500 ms  GET /report  500  nutri-backend-2  2026-01-01T00:00:21Z",
    ]
    assert "--since 60s app-a-1 2>&1 | LC_ALL=C awk" in busy.commands[-2]


def test_requests_as_json(
    busy: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Every service of the stack, with one's own idea of slow."""
    assert busy
    assert run("requests", "--slow", "2000", "--top", "5", "--json") == 0
    (found,) = json.loads(capsys.readouterr().out)
    assert (found["service"], found["requests"], found["seconds"]) == ("nutri-backend", 12, 3600)
    assert (found["slow"], found["slow_ms"]) == (1, 2000)
    assert [one["path"] for one in found["slowest"]] == ["/report"]
    assert found["percentiles_ms"]["p50"] == 15


def test_no_requests_are_no_fault(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """An idle service has a count of zero."""
    server.application("app-a")
    server.answers["docker logs"] = ""
    assert run("requests", "nutri-backend") == 0
    assert "last 1 h: 0 requests (0 a second)" in capsys.readouterr().out

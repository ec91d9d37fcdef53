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

    from tests.unit.runbook.conftest import FakePulumi


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
        ((), "--tail 2000"),
        (("--probes",), "--tail 100"),
        (("-n", "7", "--probes"), "--tail 7"),
        (("--since", "1h30m"), "--tail all --since 5400s"),
        (("--since", "2d", "-n", "9", "--probes"), "--tail 9 --since 172800s"),
        (("--since", "2h", "--until", "1h"), "--tail all --since 7200s --until 3600s"),
        (("--request-id", "r-1"), "--tail all --since 86400s"),
        (("--since", "2026-01-31T12:00+00:00"), "--tail all --since 2026-01-31T12:00:00+00:00"),
    ],
)
def test_docker_is_asked_for_the_right_lines(
    words: tuple[str, ...], asked: str, logging: FakeServer, run: Callable[..., int]
) -> None:
    """The last hundred, unless an option says otherwise; more, to leave probes out."""
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


def _probe(second: int) -> str:
    return _request(second, "/health/live", 1)


def test_probes_are_left_out_before_lines_are_counted(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Of ten lines nine are probes: the last two others are shown; --probes shows all."""
    server.application("app-a")
    texts = [_request(1, "/a", 5), _request(2, "/b", 5), *map(_probe, range(3, 13))]
    server.answers["docker logs"] = "".join(texts)
    assert run("logs", "backend", "-n", "2") == 0
    out = capsys.readouterr().out
    assert ('"/a"' in out, '"/b"' in out, "/health/live" in out) == (True, True, False)
    assert run("logs", "backend", "-n", "12", "--probes") == 0
    assert capsys.readouterr().out.count("/health/live") == 10


@pytest.mark.usefixtures("stack")
def test_all_services_are_shown_together(
    server: FakeServer,
    stack: FakePulumi,
    outputs: dict[str, Any],
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In the order of time; one without a container takes nothing from the others."""
    first = outputs["services"][0]
    outputs["services"] += [
        first | {"name": "nutri-ml-service", "applications": ["app-m"], "replicas": 1},
        first | {"name": "nutri-gone", "applications": ["app-g"], "replicas": 1},
    ]
    stack.prints(json.dumps(outputs))
    server.application("app-a")
    server.application("app-m")
    texts = {"app-a-1": "2026-01-01T00:00:02Z two\n", "app-m-1": "2026-01-01T00:00:01Z one\n"}
    server.answers["docker logs"] = lambda text: texts[text.split()[-1]]
    assert run("logs") == 0
    assert capsys.readouterr().out.splitlines() == [
        "nutri-ml-service-1 | one",
        "nutri-backend-1 | two",
    ]


def test_the_lines_of_one_request(
    server: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Under whatever name its id is logged; a longer id is another request."""
    server.application("app-a")
    lines = ['{"reqId":"r-1"}', '{"req":{"id":"r-12"}}', "done r-1.", "r-1-2"]
    server.answers["docker logs"] = "".join(
        f"2026-01-01T00:00:0{n}Z {one}\n" for n, one in enumerate(lines)
    )
    assert run("logs", "--request-id", "r-1") == 0
    assert [one.split(" | ")[1] for one in capsys.readouterr().out.splitlines()] == [
        lines[0],
        lines[2],
    ]


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--follow", "--until", "1h"), "--until cannot be beside it"),
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
    (found,) = json.loads(capsys.readouterr().out)["services"]
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

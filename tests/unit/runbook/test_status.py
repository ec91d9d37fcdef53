"""One screen: a header, what is wrong with its remedy, the parts, and drift at last."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from runbook import heartbeat

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checks.check import AnyCheck
    from checks.verdict import Verdict
    from tests.unit.runbook.server import FakeServer

_NO_DRIFT = ("status", "--no-drift")


@pytest.fixture
def sees(server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Decide what the checks say, and what the engine says of drift."""
    beat = heartbeat.Beat(at=heartbeat.now(), host="desk", interval=60, summary="x")
    server.heartbeat = beat.model_dump_json()
    monkeypatch.setenv("NUTRI_NOTIFY_URLS", "json://somebody/")

    def decide(health: Verdict, drift: Verdict | None = None) -> None:
        found = Report("prod", (Result("health", "D1", "t", "nutri-backend", health),))
        monkeypatch.setattr(checks, "run", lambda *_, **__: found)
        late = Report("prod", (Result("drift", "S1", "t", "stack", drift or green("none")),))
        monkeypatch.setattr("runbook.drift.run", lambda *_: late)

    return decide


def test_the_first_line_says_it_all(
    sees: Callable[..., None], run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Red, incidents, maintenance, who watches, when; then the cause with its remedy."""
    sees(red("HTTP 503", "`runbook outage SERVICE`"))
    assert run("incident", "open", "502", "--severity", "P1", "--stack", "prod") == 0
    capsys.readouterr()
    assert run(*_NO_DRIFT) == 1
    first, incident, *rest = capsys.readouterr().out.splitlines()
    assert first[5:].startswith(
        " UTC  stack prod: 1 check, 1 red; 1 incident open; no maintenance; watched from desk"
    )
    assert incident.startswith("P1 ")
    assert "-> `runbook outage SERVICE`" in "\n".join(rest)


def test_drift_is_last_and_its_own(
    sees: Callable[..., None], run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to do; it counts in the exit code and in JSON."""
    sees(green("fine"), red("2 differ", "`runbook plan`"))
    assert run("status") == 1
    out = capsys.readouterr().out
    assert out.split("\ndrift\n")[1].splitlines() == [
        "  RED     drift: 2 differ",
        "          -> `runbook plan`",
    ]
    assert run("status", "--json") == 1
    told = json.loads(capsys.readouterr().out)
    assert [one["check"] for one in told["results"]] == ["health", "drift"]
    assert told["watched"]["host"] == "desk"


def test_nobody_watches(
    sees: Callable[..., None],
    server: FakeServer,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That is said as well."""
    sees(green("fine"))
    server.heartbeat = ""
    assert run(*_NO_DRIFT) == 0
    assert capsys.readouterr().out.splitlines()[0].endswith("; not watched")


def test_it_looks_again_until_ctrl_c(
    sees: Callable[..., None],
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And ends with the code of the last look."""
    sees(green("fine"))
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        sees(red("down", "look"))
        if len(pauses) == 2:
            raise KeyboardInterrupt

    monkeypatch.setattr("runbook.verbs.status.sleep", sleep)
    assert run(*_NO_DRIFT, "--watch", "--interval", "5s") == 1
    assert pauses == [5, 5]
    assert capsys.readouterr().out.count(" UTC  stack prod") == 2


def test_what_is_shown_is_a_part_of_the_checks(
    sees: Callable[..., None], run: Callable[..., int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Drift is asked apart."""
    sees(green("fine"))
    asked: list[str] = []

    def look(target: Any, chosen: Sequence[AnyCheck], **_: object) -> Report:  # noqa: ANN401
        asked.extend(one.id for one in chosen)
        return Report(target.stack, ())

    monkeypatch.setattr(checks, "run", look)
    assert run(*_NO_DRIFT) == 2
    assert "health" in asked
    assert "drift" not in asked

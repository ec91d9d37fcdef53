"""Who changed what: on the servers, and in the stack's own history."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
import typer

from common.errors import OperatorError
from common.target import Target
from runbook import history, operator, timeline
from runbook.history import Entry
from runbook.history.entry import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.server import FakeServer


@pytest.fixture
def target(outputs: dict[str, Any], server: FakeServer, monkeypatch: pytest.MonkeyPatch) -> Target:
    """A stack whose server keeps a log, and who acts on it."""
    assert server
    monkeypatch.setenv("NUTRI_OPERATOR", "ana")
    monkeypatch.setattr(operator, "host", lambda: "laptop")
    monkeypatch.setattr("runbook.verbs.history.load_target", lambda _: Target(**outputs))
    return Target.model_validate(outputs)


@pytest.mark.parametrize(
    ("error", "result"),
    [
        (None, "done"),
        (OperatorError("no\nspace"), "failed: no space"),
        (KeyboardInterrupt(), "interrupted"),
        (typer.Exit(1), "failed"),
        (typer.Exit(0), "done"),
    ],
)
def test_whatever_the_end_it_is_kept_on_the_server(
    error: BaseException | None, result: str, target: Target, server: FakeServer
) -> None:
    """Who, from where, what, and how it ended."""
    expected = pytest.raises(type(error)) if error else contextlib.nullcontext()
    with expected, timeline.acting(target, "restarted nutri-backend", "nutri-backend") as act:
        act.what += ": 2 replicas"
        if error:
            raise error
    (one,) = parse(server.history)
    assert (one.place, one.what, one.result) == (
        "ana@laptop",
        "restarted nutri-backend: 2 replicas",
        result,
    )


def test_a_server_that_does_not_answer_stops_nothing(
    target: Target, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is told, with the server's name."""

    def dead(_: object) -> None:
        raise OperatorError("SSH timed out")

    monkeypatch.setattr("runbook.servers.SshClient", dead)
    said: list[str] = []
    history.write(
        target, Entry(at=datetime(2026, 1, 1, tzinfo=UTC), who="ana", what="x"), said.append
    )
    assert said == ["the history on nutri-1 is not to be had: SSH timed out"]
    assert history.read(target, said.append) == []


def test_a_log_that_was_cut_short_is_read_all_the_same() -> None:
    """The half line is left out."""
    one = Entry(at=datetime(2026, 1, 1, tzinfo=UTC), who="ana", what="x")
    assert [each.what for each in parse(one.line() + one.line()[:20] + "\n" + one.line())] == [
        "x",
        "x",
    ]


def _updates() -> str:
    mine = {
        "kind": "update",
        "startTime": "2026-01-02T00:00:00Z",
        "result": "succeeded",
        "message": "runbook deploy nutri-backend good-2 by ana@laptop",
        "resourceChanges": {"same": 40, "update": 2},
    }
    bare = mine | {"startTime": "2026-01-03T00:00:00Z", "message": "", "result": "failed"}
    return json.dumps([bare, mine])


def test_history_shows_servers_and_state_in_order(
    target: Target,
    server: FakeServer,
    stack: FakePulumi,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """By service where one is named; each line fits 88 columns."""
    assert target
    stack.prints(_updates())
    for number, service in ((1, "nutri-backend"), (4, "nutri-ml-service")):
        what = f"restarted {service} " + "through Coolify " * 8
        one = Entry(at=datetime(2026, 1, number, tzinfo=UTC), who="bob", host="desk", what=what)
        server.history += one.line()
    assert run("history") == 0
    out = capsys.readouterr().out
    assert [line[8:10] for line in out.splitlines() if line[0] != " "] == ["01", "02", "03", "04"]
    assert max(map(len, out.splitlines())) <= 88
    assert "by ana@laptop, `runbook deploy nutri-backend good-2`" in " ".join(out.split())
    assert "failed; by pulumi" in out
    assert run("history", "backend", "--json") == 0
    found = json.loads(capsys.readouterr().out)["history"]
    assert [(one["who"], one["source"]) for one in found] == [("bob", "server"), ("ana", "state")]


def test_an_empty_history_is_told(
    target: Target,
    stack: FakePulumi,
    run: Callable[..., int],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """In words."""
    assert target
    stack.prints("[]")
    assert run("history") == 0
    assert capsys.readouterr().out == "nothing is known of this stack yet\n"

"""Watching: people hear of a change, once, and of nothing else."""

from __future__ import annotations

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result, Verdict
from checks.verdict import green, red, unknown
from runbook import cli, notify
from runbook.incidents import Folder, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from checks.check import AnyCheck
    from common.target import Target
    from tests.unit.runbook.conftest import FakePulumi

GOOD, BAD, UNTOLD = green("fine"), red("it is down", "mend it"), unknown("who knows", "look")


class Receiver:
    """A web server in place of a chat; what it got, and the code it answers with."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.codes: list[int] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                size = int(self.headers["Content-Length"])
                body = json.loads(self.rfile.read(size))
                code = outer.codes.pop(0) if outer.codes else 200
                if code == 200:
                    outer.got.append(body)
                self.send_response(code)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def url(self) -> str:
        """An Apprise URL that leads here."""
        return f"json://user:secret@127.0.0.1:{self.server.server_port}/"


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    """A running one, named in the environment."""
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    monkeypatch.setenv("NUTRI_NOTIFY_URLS", made.url)
    yield made
    made.server.shutdown()
    made.server.server_close()
    thread.join()


class Looks:
    """Watches through given verdicts of the check `health`, then ends."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._monkeypatch = monkeypatch
        self.again: Verdict | None = None
        """What a second look at the same moment finds; None: the same."""

    def __call__(self, *verdicts: Verdict, words: Sequence[str] = ()) -> int:
        """The exit code."""
        left, last = list(verdicts), list(verdicts)

        def run(target: Target, chosen: Sequence[AnyCheck], only: object = None) -> Report:
            if only:
                verdict = self.again or last[0]
            else:
                verdict = last[0] = left.pop(0)
            one = Result(chosen[0].id, chosen[0].runbook, chosen[0].title, "api", verdict)
            return Report(target.stack, (one,))

        self._monkeypatch.setattr(checks, "run", run)
        with pytest.raises(SystemExit) as caught:
            cli.main(["watch", "health", "--times", str(len(verdicts)), *words])
        return int(caught.value.code or 0)


@pytest.fixture
def looks(stack: FakePulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Looks:
    """Without pauses, with a folder of incidents of its own."""
    assert stack
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    monkeypatch.setattr("runbook.verbs.watch.sleep", lambda _: None)
    monkeypatch.setattr("runbook.heartbeat.beat", lambda *_: None)
    return Looks(monkeypatch)


def test_only_changes_are_told(looks: Looks, receiver: Receiver) -> None:
    """Green to red and back are two messages, however often it is looked."""
    assert looks(GOOD, GOOD, BAD, BAD, BAD, GOOD, GOOD) == 0
    assert [(one["title"], one["type"]) for one in receiver.got] == [
        ("nutri prod: RED D1 health api", "failure"),
        ("nutri prod: all green again", "success"),
    ]
    assert receiver.got[0]["message"] == "RED D1 health api: it is down\n-> mend it"
    assert "GREEN D1 health api (was red): fine" in receiver.got[1]["message"]


def test_all_well_from_the_start_is_no_news(
    looks: Looks, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """One line on the screen, nothing to anybody."""
    assert looks(GOOD, GOOD, GOOD) == 0
    assert receiver.got == []
    assert len(capsys.readouterr().out.splitlines()) == 1


def test_json_is_an_object_a_change(looks: Looks, capsys: pytest.CaptureFixture[str]) -> None:
    """And nothing else on standard output."""
    assert looks(GOOD, BAD, BAD, GOOD, words=["--json"]) == 0
    found = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [(one["was"], one["status"], one["check"]) for one in found] == [
        ("green", "red", "health"),
        ("red", "green", "health"),
    ]


def test_red_from_the_start_is_news(looks: Looks, receiver: Receiver) -> None:
    """And the exit code is that of the last look."""
    assert looks(BAD, BAD) == 1
    assert len(receiver.got) == 1
    assert looks(UNTOLD) == 2
    assert len(receiver.got) == 2


def test_one_lost_packet_is_no_outage(looks: Looks, receiver: Receiver) -> None:
    """What turns red is looked at again at once, and counts only when it is still red."""
    looks.again = GOOD
    assert looks(GOOD, BAD, GOOD) == 0
    assert receiver.got == []


def test_a_message_that_got_lost_is_sent_with_the_next_look(
    looks: Looks, receiver: Receiver, capsys: pytest.CaptureFixture[str]
) -> None:
    """The operator hears of it, without the URL and its secret."""
    receiver.codes = [500]
    assert looks(BAD, BAD, BAD) == 1
    assert len(receiver.got) == 1
    err = capsys.readouterr().err
    assert "1 of 1 notifications were not delivered: json (number 1)" in err
    assert "secret" not in err


def test_a_running_incident_gets_lines_in_its_timeline(looks: Looks, receiver: Receiver) -> None:
    """With --incident one is opened when there is none, and only then."""
    assert looks(GOOD, BAD, GOOD, words=["--incident", "p2"]) == 0
    (one,) = Folder.of_project().all()
    assert (one.severity, one.stack, one.title) == (Severity.P2, "prod", "health of api is red")
    assert [event.what.partition(":")[0] for event in one.timeline] == [
        "opened as P2",
        "RED D1 health api",
        "GREEN D1 health api (was red)",
    ]
    assert looks(BAD, words=["--incident", "p1"]) == 1
    (one,) = Folder.of_project().all()
    assert len(one.timeline) == 4
    assert len(receiver.got) == 3
    facts = receiver.got[0]["message"].splitlines()[-2]
    assert re.fullmatch(
        r"stack prod, P2, since [\d-]+ [\d:]+ UTC, nobody has it, acknowledge by [\d:]+ UTC", facts
    )
    assert "`runbook incident ack`" in receiver.got[0]["message"].splitlines()[-1]


def test_without_incident_none_is_opened(looks: Looks) -> None:
    """Nor is a folder made."""
    assert looks(BAD) == 1
    assert Folder.of_project().all() == []


def test_reports_are_written_with_each_look(looks: Looks, tmp_path: Path) -> None:
    """The newest is there for a collector and a browser."""
    html, prometheus = tmp_path / "r.html", tmp_path / "r.prom"
    assert looks(GOOD, BAD, words=["--html", str(html), "--prometheus", str(prometheus)]) == 1
    assert "1 of 1 checks are red" in html.read_text()
    assert 'status="red"} 1.0' in prometheus.read_text()
    assert sorted(file.name for file in tmp_path.glob("*r.*")) == [
        "r.html",
        "r.past.json",
        "r.prom",
    ]


def test_ctrl_c_ends_with_the_last_looks_code(
    looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No traceback, and the state it was in."""

    def interrupted(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("runbook.verbs.watch.sleep", interrupted)
    assert looks(BAD, BAD) == 1


def test_a_stack_that_cannot_be_read_meanwhile_is_watched_on(
    looks: Looks,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    stack: FakePulumi,
) -> None:
    """With the target from before."""
    monkeypatch.setattr(
        "runbook.verbs.watch.sleep", lambda _: stack.prints("", "error: locked", 255)
    )
    assert looks(GOOD, GOOD) == 0
    assert "the last one is watched" in capsys.readouterr().err


@pytest.mark.usefixtures("stack")
def test_an_url_that_is_none_is_refused_at_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """By its number, not by its text."""
    monkeypatch.setenv("NUTRI_NOTIFY_URLS", "json://127.0.0.1/ nonsense:secret")
    with pytest.raises(SystemExit):
        cli.main(["watch", "health", "--times", "1"])
    err = capsys.readouterr().err
    assert "URL 2 of NUTRI_NOTIFY_URLS" in err
    assert "secret" not in err


def test_urls_come_from_the_environment_or_the_stacks_secret(
    stack: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The environment wins; blanks, commas and JSON brackets divide."""
    monkeypatch.setenv("NUTRI_NOTIFY_URLS", "json://a/x,y  slack://b,mailto://c")
    assert notify.urls(None) == ("json://a/x,y", "slack://b", "mailto://c")
    monkeypatch.delenv("NUTRI_NOTIFY_URLS")
    assert notify.urls("prod") == ()
    stack.stores("json://stored/\n")
    assert notify.urls("prod") == ("json://stored/",)
    assert stack.arguments()[-5:] == ["config", "get", "nutri:notifyUrls", "--stack", "prod"]


def test_an_incidents_word_goes_out_when_asked(
    receiver: Receiver, stack: FakePulumi, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """`--notify` sends the newest line of the timeline."""
    assert stack
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    for words in (["open", "API answers 502", "-p", "P1"], ["note", "rolling back", "--notify"]):
        with pytest.raises(SystemExit) as caught:
            cli.main(["incident", *words])
        assert not caught.value.code
    (one,) = receiver.got
    news, facts, next_ = one["message"].splitlines()
    assert news == "rolling back"
    assert re.fullmatch(
        r"stack none in particular, P1, since .* UTC, nobody has it, acknowledge by \d\d:\d\d UTC",
        facts,
    )
    assert next_.endswith("`runbook incident ack`")
    assert one["title"].endswith("(P1, open): API answers 502")

"""The folder of incidents, its verbs, and what other verbs record."""

from __future__ import annotations

import json
import threading
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from runbook import cli
from runbook.incidents import Event, Folder, Incident, Severity, record

if TYPE_CHECKING:
    from pathlib import Path

    from tests.unit.runbook.conftest import FakePulumi

START = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    """An empty folder, which the verbs use too."""
    monkeypatch.setenv("NUTRI_INCIDENTS", str(tmp_path / "incidents"))
    monkeypatch.setenv("NUTRI_OPERATOR", "ana")
    monkeypatch.delenv("PULUMI_STACK", raising=False)
    monkeypatch.delenv("NUTRI_NOTIFY_URLS", raising=False)
    return Folder.of_project()


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(["incident", *words])
    return int(caught.value.code or 0)


def _add(folder: Folder, title: str, stack: str | None = None) -> Incident:
    return folder.add(
        START,
        lambda number: Incident(
            id=number, title=title, severity=Severity.P2, opened=START, stack=stack
        ),
    )


def test_a_whole_life_by_the_verbs(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """Open to post-mortem, with no id typed."""
    assert _run("open", "API answers 502!", "-p", "p1") == 0
    assert "to be acknowledged within 15 min: `runbook incident ack`" in capsys.readouterr().out
    assert _run("ack", "--owner", "ben") == 0
    assert _run("note", "the proxy: gone") == 0
    assert _run("mitigated", "rolled back") == 0
    assert _run("close") == 0
    assert _run("postmortem", "--summary", "Gone.\n## Timeline\nx", "--users", "all") == 1
    assert "still to be written: Root cause" in capsys.readouterr().out
    rest = [
        *("--root-cause", "r", "--resolution", "s", "--failed-requests", "7"),
        *("--action", "ana: alert", "--action", "ben: test", "--lesson", "l"),
    ]
    assert _run("postmortem", *rest) == 0
    (one,) = folder.all()
    assert [event.what for event in one.timeline][1:] == [
        *("acknowledged, owner ben", "the proxy: gone", "mitigated: rolled back", "closed")
    ]
    file = folder.path / f"{one.id}-api-answers-502-postmortem.md"
    text = file.read_text()
    assert "- [ ] ana: alert\n- [ ] ben: test\n" in text
    assert text.count("\n## Timeline") == 1
    assert "Gone.\n### Timeline\nx" in text


def test_json_of_a_verb_is_the_incident(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """One object with facts, clock and file."""
    assert _run("open", "x", "-p", "P3", "--owner", "eva", "--stack", "prod", "--json") == 0
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    assert (found["state"], found["owner"], found["stack"]) == ("acknowledged", "eva", "prod")
    assert found["overdue"] is False
    assert found["file"] == str(folder.file(folder.all()[0]))


def test_the_list_is_red_when_an_acknowledgement_is_overdue(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    """Exit code 1 until somebody acknowledges."""
    assert _run("list") == 0
    assert capsys.readouterr().out == "no incident is open\n"
    assert _run("open", "x", "-p", "P1", "--at", "2026-01-31T12:00") == 0
    assert _run("list") == 1
    assert "NOT ACKNOWLEDGED, overdue by" in capsys.readouterr().out
    assert _run("ack") == 0
    assert _run("list") == 0
    assert _run("close") == 0
    assert _run("list", "--all", "--json") == 0
    assert folder.running() == []


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("ack",), "no incident is open"),
        (("postmortem",), "there is no incident in"),
        (("ack", "--id", "2026-01-01-9"), "no incident 2026-01-01-9"),
        (("open", " ", "-p", "P1"), "needs a title"),
        (("open", "x", "-p", "P1", "--at", "noon"), "no ISO time"),
    ],
)
def test_a_mistake_is_one_message(
    folder: Folder, words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And nothing is written."""
    assert _run(*words) == 2
    assert says in capsys.readouterr().err
    assert folder.all() == []


def test_two_open_incidents_must_be_told_apart(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    """The message names both."""
    first, second = _add(folder, "one"), _add(folder, "two")
    assert _run("ack") == 2
    err = capsys.readouterr().err
    assert f"{first.id} (one)" in err
    assert f"{second.id} (two)" in err
    assert _run("ack", "--id", second.id) == 0


def test_an_unknown_severity_is_refused(folder: Folder) -> None:
    """By the command line itself."""
    assert _run("open", "x", "-p", "P9") == 2
    assert folder.all() == []


def test_events_of_other_verbs_go_to_running_incidents_of_their_stack(folder: Folder) -> None:
    """Not to closed ones, nor to those of another stack; one of no stack hears all."""
    prod, other, free, closed = (
        _add(folder, title, stack)
        for title, stack in (("a", "prod"), ("b", "dev"), ("c", None), ("d", "prod"))
    )
    folder.change(closed.id, lambda one: one.close("ana", START, ""))
    event = Event(at=START + timedelta(minutes=1), who="watch", what="health is red")
    changed = record(event, stack="prod")
    assert {one.id for one in changed} == {prod.id, free.id}
    assert folder.find(prod.id).timeline[-1] == event
    assert folder.find(other.id).timeline == ()


def test_nothing_is_recorded_without_an_incident(folder: Folder) -> None:
    """And no folder is made."""
    assert record(Event(at=START, who="w", what="x"), folder=folder) == []
    assert not folder.path.exists()


def test_writers_side_by_side_lose_nothing(folder: Folder) -> None:
    """Every one of their lines is there."""
    one = _add(folder, "busy")

    def write(number: int) -> None:
        record(Event(at=START, who="w", what=f"line {number}"), folder=folder)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {event.what for event in folder.find(one.id).timeline} == {
        f"line {number}" for number in range(12)
    }


def test_a_retitled_incident_keeps_its_file(folder: Folder) -> None:
    """The id is what finds it."""
    one = _add(folder, "old name")
    before = folder.file(one)
    folder.change(one.id, lambda it: it.model_copy(update={"title": "new name"}))
    assert folder.file(folder.find(one.id)) == before
    assert [file.name for file in folder.path.iterdir()] == [before.name]


def test_the_projects_own_folder_is_the_default(
    pulumi: FakePulumi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """From any folder of the project."""
    monkeypatch.delenv("NUTRI_INCIDENTS", raising=False)
    assert Folder.of_project().path == pulumi.folder / "project" / "incidents"


def test_nobody_to_tell_is_told(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    """With --notify and no URL the incident is kept, and the exit code is 2."""
    assert _run("open", "x", "-p", "P4", "--notify") == 2
    assert "nobody was told: set NUTRI_NOTIFY_URLS" in capsys.readouterr().err
    assert len(folder.all()) == 1


def test_failed_requests_of_monitors_add_up(folder: Folder) -> None:
    """Two monitors ran; what only tells something counts nothing."""
    _add(folder, "slow")
    for failed in (3, None, 4):
        record(Event(at=START, who="ana", what="monitor"), failed_requests=failed)
    assert folder.find(None).failed_requests == 7


def test_updates_join_the_timeline_when_it_is_closed(folder: Folder, pulumi: FakePulumi) -> None:
    """Those that ended meanwhile, whoever ran them, each once."""
    _add(folder, "a bad deploy", stack="prod")
    entries = [
        _update("2026-01-31T11:59:59.000Z", {"update": 1}),
        _update("2026-01-31T12:10:00.000Z", {"same": 30, "update": 2, "create": 1}),
        _update("2026-01-31T12:20:00.000Z", {"same": 33}) | {"result": "failed"},
        {"kind": "preview", "endTime": "2026-01-31T12:20:00.000Z"},
    ]
    pulumi.prints(json.dumps(entries))
    assert _run("close", "--at", "2026-01-31T13:00") == 0
    _run("postmortem")
    told = [event.what for event in folder.all()[0].timeline if event.who == "pulumi"]
    assert told == ["update succeeded: 2 update, 1 create", "update failed: no change"]


def test_an_incident_is_closed_without_its_stack_too(
    folder: Folder, pulumi: FakePulumi, capsys: pytest.CaptureFixture[str]
) -> None:
    """That its history cannot be read is told, and no more."""
    _add(folder, "gone", stack="prod")
    pulumi.prints("", "error: no stack named 'prod' found", code=255)
    assert _run("close") == 0
    assert "are not in the timeline" in capsys.readouterr().err


def _update(ended: str, changes: dict[str, int]) -> dict[str, Any]:
    return {
        "kind": "update",
        "endTime": ended,
        "result": "succeeded",
        "message": "",
        "resourceChanges": changes,
    }

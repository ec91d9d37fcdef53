"""The verbs of the CLI, with checks and SSH stubbed out."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Self
from xml.etree import ElementTree as ET

import pytest

import checks
from checks import Report, Result, Verdict
from checks.logs import LogLine
from checks.verdict import green, red, unknown
from clients.ssh import SshTimeoutError
from runbook import cli, gaps, servers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from checks.check import AnyCheck
    from common.target import SshTarget, Target
    from tests.unit.runbook.conftest import FakePulumi

ROOT = Path(__file__).parents[3]
GOOD, BAD, UNTOLD = green("fine"), red("it is [down]", "mend it"), unknown("who knows", "look")


@pytest.fixture
def verdict(monkeypatch: pytest.MonkeyPatch) -> Callable[[Verdict], None]:
    """Decide what every check concludes."""

    def decide(verdict: Verdict) -> None:
        def run(target: Target, chosen: Sequence[AnyCheck], **_: object) -> Report:
            rows = [
                Result(check.id, check.runbook, check.title, name, verdict)
                for check in chosen
                for name in check.subjects(target)
            ]
            return Report(target.stack, tuple(rows))

        monkeypatch.setattr(checks, "run", run)

    return decide


def _run(*words: str) -> int:
    with pytest.raises(SystemExit) as caught:
        cli.main(words)
    return int(caught.value.code or 0)


@pytest.mark.usefixtures("stack")
@pytest.mark.parametrize(("said", "code"), [(GOOD, 0), (BAD, 1), (UNTOLD, 2)])
@pytest.mark.parametrize("verb", ["check", "status"])
def test_the_exit_code_is_the_reports(
    verb: str,
    said: Verdict,
    code: int,
    verdict: Callable[[Verdict], None],
    capsys: pytest.CaptureFixture[str],
) -> None:
    """0 green, 1 red, 2 could not tell; the finding is on the screen, markup and all."""
    verdict(said)
    assert _run(verb) == code
    assert said.message in capsys.readouterr().out


@pytest.mark.usefixtures("stack")
def test_plain_lines_on_a_pipe(
    verdict: Callable[[Verdict], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """One line a result, however long, no escape codes."""
    verdict(red("x" * 300, "mend it"))
    _run("check", "d1")
    out = capsys.readouterr().out
    assert "\x1b" not in out
    assert [line.split()[2] for line in out.splitlines() if line.startswith("RED")] == [
        "certificate",
        "health",
        "latency",
        "clock",
    ]
    assert "x" * 300 in out


@pytest.mark.usefixtures("stack")
def test_a_change_is_proved_by_fewer_checks(
    verdict: Callable[[Verdict], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """What `pulumi up` verifies, without the running of things."""
    verdict(GOOD)
    assert _run("check", "--change", "--json") == 0
    found = {one["check"] for one in json.loads(capsys.readouterr().out)["results"]}
    assert "health" in found
    assert not {"disk", "updates", "errors"} & found


@pytest.mark.usefixtures("stack")
def test_a_table_on_a_terminal(
    verdict: Callable[[Verdict], None],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same findings with colours."""
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "120")
    verdict(BAD)
    assert _run("check", "health") == 1
    out = capsys.readouterr().out
    assert "\x1b[" in out
    assert "it is [down]" in out
    assert "mend it" in out


@pytest.mark.usefixtures("stack")
def test_json_and_junit(
    verdict: Callable[[Verdict], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Standard output is one JSON object, the file one JUnit suite."""
    verdict(BAD)
    file = tmp_path / "junit.xml"
    assert _run("check", "health", "--json", "--junit", str(file)) == 1
    found = json.loads(capsys.readouterr().out)
    assert found["results"][0]["remedy"] == "mend it"
    assert ET.fromstring(file.read_text()).get("failures") == "1"  # noqa: S314 - our own text


@pytest.mark.usefixtures("stack")
def test_a_file_that_cannot_be_written_is_told(
    verdict: Callable[[Verdict], None], capsys: pytest.CaptureFixture[str]
) -> None:
    """Its name and the reason, as exit code 2."""
    verdict(GOOD)
    assert _run("check", "--junit", "/nowhere/j.xml") == 2
    assert "/nowhere/j.xml cannot be written: No such file" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("check", "helth"), "no such check: helth"),
        (("ssh", "--server", "other", "true"), "no such server: other. This stack has: nutri-1"),
        (("logs", "front"), "no such service: front. This stack has: nutri-backend"),
    ],
)
@pytest.mark.usefixtures("stack")
def test_a_wrong_name_is_one_message(
    words: tuple[str, ...], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With the right names in it, and no traceback."""
    assert _run(*words) == 2
    err = capsys.readouterr().err
    assert says in err
    assert len(err.splitlines()) == 1


@pytest.mark.usefixtures("stack")
def test_a_world_that_is_down_is_red_and_leaks_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The real checks against closed ports: red, findings and remedies, no secret."""
    assert _run("check") == 1
    out = capsys.readouterr().out
    assert "refused" in out
    assert "secret" not in out.replace("--secret", "")


def test_the_program_prints_no_traceback(pulumi: FakePulumi) -> None:
    """`python -m runbook` as a process: one message, exit code 2."""
    pulumi.prints("", "error: no stack selected", code=255)
    done = subprocess.run(
        [sys.executable, "-m", "runbook", "check"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(ROOT), "PATH": f"{pulumi.folder}/bin:/usr/bin:/bin"},
    )
    assert done.returncode == 2
    assert done.stderr.startswith("runbook: no stack is selected")
    assert "Traceback" not in done.stderr


class FakeSsh:
    """In place of SSH: a server with two replicas that log."""

    rows = ("app-b", "app-a", "app-of-others")
    interactive_calls: list[str | None]

    def __init__(self, _target: SshTarget) -> None:
        self.lines = {
            "id-app-a": ["2026-01-01T00:00:01Z one", "2026-01-01T00:00:03Z three"],
            "id-app-b": ["2026-01-01T00:00:02Z two"],
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(self, _command: str) -> object:
        """List the containers."""
        whole = {"name": "n", "image": "i", "state": "running", "status": "Up"}
        rows = [whole | {"id": f"id-{app}", "application": app} for app in self.rows]
        return type("Result", (), {"stdout": "\n".join(map(json.dumps, rows))})

    def stream(self, command: list[str]) -> Iterator[str]:
        """Print a container's log."""
        yield from self.lines[command[-1]]
        if "--follow" in command:
            yield "2026-01-01T00:00:09Z more"

    def interactive(self, command: str | None) -> int:
        """Remember the command."""
        type(self).interactive_calls.append(command)
        return 7


@pytest.fixture
def ssh(stack: FakePulumi, monkeypatch: pytest.MonkeyPatch) -> type[FakeSsh]:
    """The stand-in."""
    assert stack
    FakeSsh.interactive_calls = []
    monkeypatch.setattr(servers, "SshClient", FakeSsh)
    return FakeSsh


@pytest.mark.usefixtures("ssh")
def test_logs_are_merged_by_time(capsys: pytest.CaptureFixture[str]) -> None:
    """Over all replicas, each line with its replica, those of other services left out."""
    assert _run("logs", "nutri-backend", "-n", "5", "-t") == 0
    assert capsys.readouterr().out.splitlines() == [
        "nutri-backend-1 | 2026-01-01T00:00:01Z one",
        "nutri-backend-2 | 2026-01-01T00:00:02Z two",
        "nutri-backend-1 | 2026-01-01T00:00:03Z three",
    ]


def test_only_errors_are_shown_when_asked(
    ssh: type[FakeSsh], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other lines are left out."""
    said = ['2026Z {"level": "info"}', '2026Z {"level": "error"}']
    monkeypatch.setattr(ssh, "stream", lambda *_: iter(said))
    monkeypatch.setattr(ssh, "rows", ("app-a",))
    assert _run("logs", "nutri-backend", "--errors") == 0
    assert capsys.readouterr().out == 'nutri-backend-1 | {"level": "error"}\n'


@pytest.mark.parametrize(
    ("text", "is_error"),
    [
        ('{"level": "ERROR", "msg": "no"}', True),
        ('{"level": 50}', True),
        ('{"level": 40}', False),
        ('{"event": "request_completed", "status": 503}', True),
        ('{"event": "request_completed", "status": 404}', False),
        ('{"msg": "no error at all"}', False),
        ("[1]", False),
        ("Traceback (most recent call last):", True),
        ("TypeError: x", True),
        ("Error: connect", True),
        ("all is well", False),
    ],
)
def test_what_counts_as_an_error(text: str, is_error: bool) -> None:
    """Level and status of structured lines, words of others."""
    assert LogLine("", "", text).is_error is is_error


@pytest.mark.usefixtures("ssh")
def test_logs_are_followed(capsys: pytest.CaptureFixture[str]) -> None:
    """Until all replicas have stopped."""
    assert _run("logs", "nutri-backend", "-f") == 0
    lines = capsys.readouterr().out.splitlines()
    assert sorted(lines) == [
        "nutri-backend-1 | more",
        "nutri-backend-1 | one",
        "nutri-backend-1 | three",
        "nutri-backend-2 | more",
        "nutri-backend-2 | two",
    ]


def test_a_connection_that_breaks_while_following_is_told(
    ssh: type[FakeSsh], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other threads' error reaches the operator."""

    def broken(_self: FakeSsh, _command: list[str]) -> Iterator[str]:
        raise SshTimeoutError("no answer")

    monkeypatch.setattr(ssh, "stream", broken)
    assert _run("logs", "nutri-backend", "-f") == 2
    assert capsys.readouterr().err == "runbook: no answer\n"


def test_a_service_without_containers_is_told(
    ssh: type[FakeSsh], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """No logs without a container."""
    monkeypatch.setattr(ssh, "rows", ("app-of-others",))
    assert _run("logs", "nutri-backend") == 2
    assert "has no container on any server" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "command"),
    [
        ((), None),
        (("docker ps | wc -l",), "docker ps | wc -l"),
        (("--", "docker", "ps", "--format", "{{.ID}} x"), "docker ps --format '{{.ID}} x'"),
        (("docker", "ps", "-a"), "docker ps -a"),
    ],
)
def test_ssh_hands_the_command_over(
    words: tuple[str, ...], command: str | None, ssh: type[FakeSsh]
) -> None:
    """One word is shell text, several are quoted; the exit code is the command's."""
    assert _run("ssh", *words) == 7
    assert ssh.interactive_calls == [command]


@pytest.mark.usefixtures("stack")
def test_holes_of_the_set_up_go_onto_the_page(
    verdict: Callable[[Verdict], None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of a look at everything; one check alone says nothing of the set-up."""
    verdict(GOOD)
    monkeypatch.setattr(gaps, "look", lambda *_: (gaps.Hole("no dumps", "take them"),))
    page = tmp_path / "page.html"
    assert _run("check", "--html", str(page)) == 0
    assert "no dumps" in page.read_text()
    assert _run("check", "health", "--html", str(page)) == 0
    assert "no dumps" not in page.read_text()


@pytest.mark.usefixtures("stack")
def test_a_drill_goes_onto_the_page(
    verdict: Callable[[Verdict], None], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its last phase is red when it failed; what is no report of a drill is told."""
    verdict(GOOD)
    page, drill = tmp_path / "page.html", tmp_path / "drill.json"
    phases = [{"name": name, "at": at, "seconds": 5.0} for name, at in (("break", 0), ("mend", 5))]
    drill.write_text(json.dumps({"name": "dead-server", "outcome": "failed", "phases": phases}))
    assert _run("check", "health", "--html", str(page), "--drill", str(drill)) == 0
    assert "Drill: dead-server" in page.read_text()
    assert page.read_text().count('class="bad"') == 1
    drill.write_text("{}")
    assert _run("check", "health", "--html", str(page), "--drill", str(drill)) == 2
    assert "is no report of a drill" in capsys.readouterr().err

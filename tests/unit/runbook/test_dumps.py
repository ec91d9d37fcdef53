"""Dumps and restores by the CLI: what the server is asked, what is told of its answer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from clients.ssh import CommandFailedError
from common.errors import OperatorError
from runbook import dumps

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.conftest import FakePulumi
    from tests.unit.runbook.server import FakeServer

    Run = Callable[..., int]

DUMP = {
    "run": "20260101T011500-abc",
    "at": "2026-01-01T01:15:00Z",
    "database": "postgres",
    "tables": 2,
    "rows": 7,
    "size": 1_500_000,
}
RESTORED = {
    "dump": DUMP,
    "rows": 7,
    "seconds": 1.5,
    "tables": {"public.users": 7},
    "passed_over": ["20260102T011500-abc is corrupt: cut off"],
    "missing_extensions": ["vector"],
}


@pytest.fixture
def dumping(server: FakeServer, pulumi: FakePulumi, outputs: dict[str, Any]) -> FakeServer:
    """A stack that takes dumps."""
    told = {
        "repository": "sftp:u1@box.test:nutri",
        "schedule": "daily",
        "password": "restic-secret",
        "identity": "identity-secret",
    }
    pulumi.prints(json.dumps(outputs | {"dumps": told}))
    return server


def _fails(text: str) -> CommandFailedError:
    return CommandFailedError("failed", code=1, stdout="", stderr=f"noise\nnutri-dump: {text}\n")


def test_an_interrupt_tells_that_the_server_goes_on(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """It does not hear of it; the next is told to wait for it."""

    def interrupted(_command: str) -> None:
        raise KeyboardInterrupt

    dumping.answers["nutri-dump now"] = interrupted
    assert run("dump", "now") == 130
    assert "runbook: interrupted; the server goes on with it" in capsys.readouterr().err


def test_a_dump_is_taken(dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    """And told in one line."""
    dumping.answers["nutri-dump now"] = json.dumps(DUMP)
    assert run("dump", "now") == 0
    assert "7 rows     1.5 MB" in capsys.readouterr().out


def test_a_failed_dump_says_why(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the server's own words, with exit code 1."""
    dumping.answers["nutri-dump now"] = _fails("the repository refuses connections")
    assert run("dump", "now") == 1
    assert capsys.readouterr().err.strip() == "runbook: the repository refuses connections"


def test_dumps_are_listed_with_what_is_wrong_with_them(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A damaged manifest is a line too."""
    damaged = {"snapshot": "ab", "run": "20260102T011500-abc", "problem": "cut off"}
    dumping.answers["nutri-dump list"] = json.dumps([damaged, DUMP])
    assert run("dump", "list") == 0
    told = capsys.readouterr().out.splitlines()
    assert "cut off" in told[0]
    assert told[-1] == "2 dumps"


def test_a_proof_is_told_table_by_table(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """Beside production."""
    rows = {"public.users": {"dump": 7, "production": 9}}
    proof = {"rows": 7, "dump": DUMP, "tables": rows, "canary_age_s": 7200}
    dumping.answers["nutri-dump verify"] = json.dumps(proof)
    assert run("dump", "verify") == 0
    out = capsys.readouterr().out
    assert "9 now" in out
    assert "canary 2.0 h old" in out


def test_a_restore_tells_what_was_passed_over(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """First of all; and what the target lacks."""
    dumping.answers["nutri-dump restore"] = json.dumps(RESTORED)
    assert run("restore", "--to", "scratch") == 0
    told = capsys.readouterr().out.splitlines()
    assert told[0] == "passed over: 20260102T011500-abc is corrupt: cut off"
    assert told[1] == "not there on the target: vector"
    assert told[-1] == "restored the dump of 2026-01-01T01:15:00Z: 7 rows, 1.5 s"


def test_nothing_is_overwritten_unasked(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """A pipe cannot say yes."""
    assert run("restore", "--to", "database", "--lose", "postgres") == 2
    assert "--yes" in capsys.readouterr().err
    assert not [one for one in dumping.commands if one.startswith("nutri-dump")]


def test_a_url_is_no_part_of_a_command(dumping: FakeServer, run: Run) -> None:
    """It goes by standard input, with all that is wished."""
    dumping.answers["nutri-dump restore"] = json.dumps(RESTORED)
    url = "postgresql://u:url-secret@db.test/x"
    assert run("restore", "--to", url, "--lose", "x", "--yes") == 0
    assert not [one for one in dumping.commands if "url-secret" in one]
    assert json.loads(dumps.Wish(url, None, "x").text())["to"] == url


def test_a_stack_without_dumps_says_how_to_have_them(
    server: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """By which settings."""
    assert server
    assert run("dump", "now") == 2
    assert "pulumi config set dumps true" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "means"),
    [
        (None, None),
        ("2026-03-01T12:00", "2026-03-01T12:00:00Z"),
        ("2026-03-01T12:00+02:00", "2026-03-01T10:00:00Z"),
        ("2026-03-01", "2026-03-01T00:00:00Z"),
    ],
)
def test_times_are_utc(text: str | None, means: str | None) -> None:
    """Unless they say otherwise."""
    assert dumps.moment(text) == means


def test_another_time_is_a_mistake() -> None:
    """With what would be right."""
    with pytest.raises(OperatorError, match="2026-03-01T12:00"):
        dumps.moment("yesterday")


def test_drills_report_the_servers_phases(
    dumping: FakeServer, run: Run, capsys: pytest.CaptureFixture[str]
) -> None:
    """One after the other; a failure is the outcome."""
    phases = [
        {"name": "damage", "seconds": 1.0, "note": ""},
        {"name": "restore", "seconds": 2.0, "note": "x"},
    ]
    dumping.answers["nutri-dump drill-corrupt"] = json.dumps({"phases": phases})
    assert run("drill", "corrupt-dump", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["outcome"], told["seconds"]) == ("recovered", 3.0)
    dumping.answers["nutri-dump drill-refused"] = _fails("it did not fail")
    assert run("drill", "storage-refused", "--json") == 1
    assert json.loads(capsys.readouterr().out)["error"] == "it did not fail"

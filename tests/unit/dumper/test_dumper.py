"""The parts of the server's dump program that need no database and no repository."""

from __future__ import annotations

import io
import json
import os
from typing import TYPE_CHECKING

import pytest

from agent.dumps import config, contents, evidence, main, manifest, restic, status, toc
from agent.dumps.archive import _corrupt_or_away
from agent.dumps.config import Config
from agent.dumps.dump import _is_left_over
from agent.dumps.errors import BusyError, CorruptDumpError, DumpError
from agent.dumps.manifest import Manifest, differences
from agent.dumps.postgres import Database
from agent.dumps.restic import Restic, explain, snapshot_id
from agent.dumps.restore import Wish, check_target
from agent.dumps.running import Filter, Stream, run
from agent.dumps.verify import age_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

URL = "postgresql://nutri:p%40ss@db.test:6000/app?pgbouncer=true&sslmode=require&schema=public"


@pytest.fixture(autouse=True)
def folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A server's folders, empty."""
    monkeypatch.setattr(config, "FOLDER", tmp_path / "etc")
    monkeypatch.setattr(status, "_folder", [tmp_path / "state"])
    (tmp_path / "etc").mkdir()


def _manifest(**changes: object) -> Manifest:
    whole: dict[str, object] = {
        "run": "20260101T011500-abc",
        "at": "2026-01-01T01:15:00Z",
        "database": "app",
        "major": 15,
        "tables": {"public.users": 3, "nutri_operations.canary": 1},
        "extensions": [],
        "schemas": ["public"],
        "canary": "2026-01-01T01:15:00Z",
        "size": 4,
        "sha256": "x",
    }
    return manifest.parse(json.dumps(whole | changes))


def test_the_password_goes_by_the_environment() -> None:
    """Decoded, and without what only Prisma understands."""
    env = Database(URL).environment()
    assert (env["PGUSER"], env["PGPASSWORD"], env["PGPORT"]) == ("nutri", "p@ss", "6000")
    assert (env["PGDATABASE"], env["PGSSLMODE"]) == ("app", "require")
    assert "p@ss" not in Database(URL).place


@pytest.mark.parametrize("url", ["", "mysql://a/b", "postgresql:///app"])
def test_another_address_is_a_mistake(url: str) -> None:
    """Said before any client is started."""
    with pytest.raises(DumpError, match="postgresql://user@host/name"):
        Database(url).environment()


def test_sftp_is_pinned_and_never_asks() -> None:
    """The key is ours alone, the host's known beforehand."""
    command = Config("sftp:u1@box.test:nutri", URL, "postgres:15", port=23).sftp_command
    assert command is not None
    assert "-p 23" in command
    assert "StrictHostKeyChecking=yes" in command
    assert command.endswith("u1@box.test -s sftp")
    assert Config("s3:https://s3.test/b", URL, "postgres:15").sftp_command is None


def test_missing_settings_say_what_to_do() -> None:
    """A server that was not set up."""
    with pytest.raises(DumpError, match="pulumi up"):
        config.load()


def test_a_setup_is_read_back() -> None:
    """What `install-dumps.sh` puts there."""
    keep = {"daily": 1, "weekly": 2, "monthly": 3}
    made = {"repository": "s3:x", "database_url": URL, "scratch_image": "p", "keep": keep}
    (config.FOLDER / "config.json").write_text(json.dumps(made))
    assert config.load().keep.weekly == 2


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Fatal: wrong password or no key found", "nutri:resticPassword"),
        ("ssh: Permission denied (publickey).", "refuses the login"),
        ("ssh: connect to host b port 23: Connection refused", "refuses connections"),
        ("Host key verification failed.", "pinned"),
        ("ssh: Could not resolve hostname b", "not found by its name"),
        ("unable to open config file: file does not exist", "no restic repository"),
        ("sftp: permission denied", "is it full"),
        ("write failed: EOF", "takes no more data"),
        ("something else", "something else"),
    ],
)
def test_what_restic_says_in_our_words(said: str, means: str) -> None:
    """With the repository's name and its own words."""
    text = explain(said, "sftp:u@b:nutri")
    assert means in text
    assert said in text
    assert "sftp:u@b:nutri" in text


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("Stat: The request signature we calculated does not match", "nutri:dumpKeySecret"),
        ("Error response code SignatureDoesNotMatch.", "nutri:dumpKeySecret"),
        ("The AWS Access Key Id you provided does not exist in our records.", "nutri:dumpKeyId"),
        ("Error response code InvalidAccessKeyId.", "nutri:dumpKeyId"),
        ("Stat: The specified bucket does not exist.", "nutri:dumpRepository"),
        ("Stat: The specified key does not exist.", "no restic repository"),
        ("client.BucketExists: Access Denied.", "read, write and delete"),
        ("dial tcp 192.0.2.1:443: connect: connection refused", "refuses connections"),
        ("dial tcp: lookup s3.test: no such host", "not found by its name"),
        ("dial tcp 192.0.2.1:443: i/o timeout", "does not answer"),
        ("x509: certificate signed by unknown authority", "does not trust"),
        ("client.PutObject: No space left on device.", "is full"),
        ("client.PutObject: QuotaExceeded", "is full"),
        ("something else", "something else"),
    ],
)
def test_what_object_storage_says_in_our_words(said: str, means: str) -> None:
    """As S3 servers put it; a Storage Box is not spoken of."""
    text = explain(said, "s3:https://s3.test/b")
    assert means in text
    assert said in text
    assert "Storage Box" not in text


def test_a_program_that_hangs_is_quoted() -> None:
    """What it said last is why it hangs."""
    with pytest.raises(DumpError, match=r"within 0\.5 s; its last words: retrying: refused"):
        run(["sh", "-c", "echo retrying: refused >&2; sleep 30"], {}, timeout=0.5)


def test_ssh_is_asked_why_there_is_no_session(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Restic may give up before it has heard what SSH said."""
    for name, says in (
        ("restic", "Fatal: unable to start the sftp session, error: EOF"),
        ("ssh", "u@b: Permission denied (publickey)."),
    ):
        program = tmp_path / name
        program.write_text(f"#!/bin/sh\necho '{says}' >&2\nexit 1\n")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(DumpError, match="refuses the login"):
        Restic(Config("sftp:u@b.test:nutri", URL, "postgres:15")).run("snapshots")


@pytest.mark.parametrize(("given", "code"), [("right\n", 0), ("wrong\n", 1)])
def test_a_password_is_tried(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    given: str,
    code: int,
) -> None:
    """One from standard input, in place of the one in the file; on no command line."""
    program = tmp_path / "restic"
    program.write_text(
        '#!/bin/sh\ncase "$*" in *right*) exit 3;; esac\n[ "$RESTIC_PASSWORD" = right ] && exit 0\n'
        "echo 'Fatal: wrong password or no key found' >&2; exit 1\n"
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    made = {"repository": "s3:x", "database_url": URL, "scratch_image": "p", "keep": {}}
    (config.FOLDER / "config.json").write_text(json.dumps(made))
    monkeypatch.setattr("sys.stdin", io.StringIO(given))
    assert main.main(["opens"]) == code
    said = capsys.readouterr()
    assert ("nutri:resticPassword" in said.err) is bool(code)


def test_a_backup_without_a_summary_saved_nothing() -> None:
    """Restic's exit code alone is no proof."""
    assert snapshot_id('{"message_type":"summary","snapshot_id":"ab"}\n') == "ab"
    with pytest.raises(DumpError, match="saved nothing"):
        snapshot_id('{"message_type":"status"}\n')


def test_a_repository_out_of_reach_is_no_corrupt_dump() -> None:
    """Only what was read and is wrong may be passed over."""
    assert not isinstance(_corrupt_or_away(DumpError("refuses connections")), CorruptDumpError)
    assert isinstance(
        _corrupt_or_away(DumpError("ciphertext verification failed")), CorruptDumpError
    )


def test_a_manifest_survives_and_a_broken_one_is_corrupt() -> None:
    """What is written is what is read."""
    made = _manifest()
    assert manifest.parse(made.text()) == made
    assert made.rows == 4
    for broken in ("", "{", '{"run": "x"}'):
        with pytest.raises(CorruptDumpError, match="manifest"):
            manifest.parse(broken)


def test_rows_are_compared_table_by_table() -> None:
    """Missing tables on either side too."""
    told = differences({"a": 1, "b": 2}, {"a": 1, "b": 3, "c": 4})
    assert told == ["b has 3 rows instead of 2", "c has 4 rows instead of no"]


def test_the_target_keeps_its_own_parts() -> None:
    """Extensions and the schema `public` are made beforehand."""
    listed = [
        ";",
        "; Selected TOC Entries:",
        "4; 2615 2200 SCHEMA - public pg_database_owner",
        "2; 3079 16400 EXTENSION - pgcrypto ",
        "3300; 0 0 COMMENT - EXTENSION pgcrypto ",
        "215; 1259 16437 TABLE public users app",
        "3301; 0 0 ACL - SCHEMA public pg_database_owner",
    ]
    ways = toc.sort(toc.parse(listed, ["public"], ["app", "pg_database_owner"]), _manifest(), {})
    assert [one.tag for one in ways.main] == ["users"]
    assert [one.tag for one in ways.grants] == ["SCHEMA public"]
    assert (ways.passed, ways.lost) == ([], [])


def test_only_the_apps_tables_make_a_database_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our own canary does not."""
    monkeypatch.setattr(Database, "sql", lambda *_: '["nutri_operations.canary"]')
    assert contents.is_empty(Database(URL))
    monkeypatch.setattr(Database, "sql", lambda *_: '["public.users"]')
    assert not contents.is_empty(Database(URL))


@pytest.mark.parametrize(
    ("overwrite", "says"), [(None, "--lose app --yes"), ("other", "is app, not other")]
)
def test_data_are_named_twice(
    overwrite: str | None, says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And the second name has to be the database's."""
    monkeypatch.setattr(contents, "is_empty", lambda _: False)
    monkeypatch.setattr(Database, "why_read_only", lambda _: None)
    with pytest.raises(DumpError, match=says):
        check_target(Database(URL), Wish(overwrite=overwrite))
    assert check_target(Database(URL), Wish(overwrite="app"))


def test_data_without_manifest_stay_while_a_run_may_be_at_work() -> None:
    """A day; a name that is none of ours goes."""
    assert _is_left_over("20200101T000000-abc")
    assert not _is_left_over(f"{status.now().translate({45: None, 58: None})[:15]}-abc")
    assert _is_left_over("nonsense")


def test_two_runs_exclude_each_other() -> None:
    """The second says who is at work."""
    refused = pytest.raises(BusyError, match="a dump since")
    with status.alone("a dump"), refused, status.alone("another"):
        raise AssertionError
    with status.alone("afterwards"):
        pass


def test_facts_replace_each_other_one_by_one(tmp_path: Path) -> None:
    """A failed dump leaves the last check's result."""
    status.keep(check={"ok": True})
    status.keep(dump={"ok": False})
    assert status.read() == {"check": {"ok": True}, "dump": {"ok": False}}
    (tmp_path / "state" / "status.json").write_text("{")
    assert status.read() == {}


def test_a_program_that_fails_says_why() -> None:
    """Its last words, or that it did not end."""
    with pytest.raises(DumpError, match="sh: oh / no"):
        run(["sh", "-c", "echo oh >&2; echo no >&2; exit 3"], {"PATH": "/bin:/usr/bin"})
    with pytest.raises(DumpError, match="did not end within"):
        run(["sleep", "5"], {"PATH": "/bin:/usr/bin"}, timeout=0.1)
    with pytest.raises(DumpError, match="cannot be run"):
        run(["no-such-program"], {"PATH": "/bin"})


def test_a_stream_that_breaks_says_why() -> None:
    """Also where it hung up on us."""
    stream = Stream(["sh", "-c", "echo broken >&2; exit 1"], {"PATH": "/bin:/usr/bin"}, writes=True)
    with pytest.raises(DumpError, match="broken"):
        stream.end()


def test_a_filter_tells_what_its_source_told() -> None:
    """A corrupt archive is not the program's fault."""

    def pieces() -> Iterator[bytes]:
        yield b"one "
        yield b"two"

    def broken() -> Iterator[bytes]:
        yield b"one"
        raise CorruptDumpError("cut off")

    with Filter(["cat"], pieces()) as cat:
        assert cat.read(100) == b"one two"
        cat.end()
    with Filter(["cat"], broken()) as cat:
        assert cat.read(100) == b"one"
        with pytest.raises(CorruptDumpError, match="cut off"):
            cat.end()


def test_what_the_checks_see_when_the_repository_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status is told all the same."""
    status.keep(dump={"ok": True})
    shown = "ActiveState=active\nUnitFileState=enabled\n"
    monkeypatch.setattr(evidence, "run", lambda *_, **__: shown)

    class _Away:
        def held(self, *_: object) -> restic.Held:
            raise DumpError("refuses connections")

    facts = evidence.gather(_Away())  # type: ignore[arg-type]
    assert facts["repository"] == "refuses connections"
    assert facts["status"]["dump"] == {"ok": True}
    assert facts["timers"]["nutri-dump.timer"]["ActiveState"] == "active"


def test_ages_are_counted_from_utc() -> None:
    """A missing canary has none."""
    assert age_of(None) is None
    assert (age_of("2020-01-01T00:00:00Z") or 0) > 86400


def test_the_command_line_knows_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    """A mistake is 2, a failure 1 with its reason."""
    assert main.main(["nonsense"]) == 2
    assert "now" in capsys.readouterr().err
    assert main.main(["list"]) == 1
    assert "pulumi up" in capsys.readouterr().err

"""Every end of a run is seen, and a lock is no damage."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.dumps import dump, evidence, restic, scratch, status
from agent.dumps.config import Config
from agent.dumps.errors import DamagedError, DumpError, LockedError
from agent.dumps.postgres import Database
from agent.dumps.restic import Restic

if TYPE_CHECKING:
    from collections.abc import Sequence

_KILLED = """
import os, signal
from agent.dumps import status
held = status.alone("a dump", "dump")
held.__enter__()
os.kill(os.getpid(), signal.SIGKILL)
"""


class _Away:
    def held(self, *_: object) -> restic.Held:
        raise DumpError("refuses connections")


def _units(monkeypatch: pytest.MonkeyPatch, **shown: str) -> None:
    """What systemd says of the dump's unit; of all else that it is well."""

    def run(command: Sequence[str], *_: object, **__: object) -> str:
        values = shown if command[2] == "nutri-dump.service" else {"Result": "success"}
        return "".join(f"{key}={value}\n" for key, value in values.items())

    monkeypatch.setattr(evidence, "run", run)


def _dump_told() -> dict[str, object]:
    found: dict[str, object] = evidence.gather(_Away())["status"]["dump"]  # type: ignore[arg-type]
    return found


@pytest.mark.parametrize(
    ("result", "says"),
    [("oom-kill", "no memory left"), ("timeout", "longer than systemd"), ("success", "killed")],
)
def test_a_run_that_was_killed_is_seen(
    folders: Path, monkeypatch: pytest.MonkeyPatch, result: str, says: str
) -> None:
    """It could write nothing down, but it had left a mark."""
    _units(monkeypatch, Result=result)
    status.keep(dump={"at": "2026-01-01T00:00:00Z", "ok": True})
    state = {**os.environ, "NUTRI_DUMPS_STATE": str(folders / "state")}
    done = subprocess.run([sys.executable, "-c", _KILLED], env=state, check=False, cwd=Path.cwd())
    assert done.returncode == -signal.SIGKILL
    told = _dump_told()
    assert told["ok"] is False
    assert "a dump ended without a word" in str(told["message"])
    assert says in str(told["message"])


@pytest.mark.usefixtures("folders")
def test_a_machine_that_was_switched_off_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """The mark is of an earlier start of it."""
    _units(monkeypatch, Result="success")
    mark = {"what": "a dump", "fact": "dump", "at": status.now(), "boot": "another"}
    status.keep(running=mark)
    assert "switched off" in str(_dump_told()["message"])


@pytest.mark.usefixtures("folders")
def test_a_run_at_work_is_no_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its mark is there, and so is its lock."""
    _units(monkeypatch, Result="success")
    status.keep(dump={"at": "2026-01-01T00:00:00Z", "ok": True})
    with status.alone("a dump", "dump"):
        assert _dump_told()["ok"] is True
    assert _dump_told()["ok"] is True


@pytest.mark.usefixtures("folders")
def test_a_mistake_of_ours_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A traceback is an end as well."""
    _units(monkeypatch, Result="success")
    with pytest.raises(ZeroDivisionError), status.alone("a dump", "dump"):
        raise ZeroDivisionError("oh")
    assert "ZeroDivisionError: oh" in str(_dump_told()["message"])


@pytest.mark.usefixtures("folders")
def test_a_disk_that_is_full_before_the_mark_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing could be written at all: the unit's own result is left."""
    now = datetime.now(UTC)
    status.keep(dump={"at": (now - timedelta(hours=3)).isoformat()[:19] + "Z", "ok": True})
    _units(
        monkeypatch,
        Result="exit-code",
        ExecMainStatus="1",
        ExecMainExitTimestamp=f"@{now.timestamp():.0f}",
    )
    assert "nutri-dump.service failed and left no word" in str(_dump_told()["message"])
    _units(
        monkeypatch,
        Result="exit-code",
        ExecMainStatus="75",
        ExecMainExitTimestamp=f"@{now.timestamp():.0f}",
    )
    assert _dump_told()["ok"] is True


@pytest.fixture
def repository(folders: Path, monkeypatch: pytest.MonkeyPatch) -> Restic:
    """A real one, whose locks are waited for a second."""
    monkeypatch.setattr(restic, "LOCK_SECONDS", 1.0)
    monkeypatch.setattr(restic, "LOCK_INTERVAL", 0.2)
    made = Restic(Config(str(folders / "repository"), "", ""))
    made.init()
    return made


def test_a_lock_is_told_waited_for_and_no_damage(
    repository: Restic, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who holds it and since when; once that one is done, the check goes on by itself."""
    holder = repository.backup_stream("20260101T000000-abc")
    holder.pipe.write(b"x" * 10)
    holder.pipe.flush()
    locks = Path(repository.repository) / "locks"
    while not list(locks.iterdir()):
        holder.process.poll()
    with pytest.raises(LockedError, match=r"is locked by \S+ since 20\d\d-"):
        dump.look_over(repository)
    known = status.read()
    assert "check" not in known
    assert "locked by" in known["check_refused"]["message"]
    monkeypatch.setattr(restic, "LOCK_SECONDS", 60.0)
    threading.Timer(1.0, holder.end).start()
    dump.look_over(repository)
    assert status.read()["check"]["ok"] is True
    assert status.read()["check_refused"] is None


def test_damage_is_told_as_damage(repository: Restic) -> None:
    """Restic itself has to say so: the pack of the rows is gone, those of its trees are there."""
    stream = repository.backup_stream("20260101T000000-abc")
    stream.pipe.write(os.urandom(1 << 20))
    stream.end()
    packs = [one for one in (Path(repository.repository) / "data").rglob("*") if one.is_file()]
    max(packs, key=lambda one: one.stat().st_size).unlink()
    with pytest.raises(DamagedError):
        dump.look_over(repository)
    assert status.read()["check"]["ok"] is False


def test_a_lock_of_another_host_is_named() -> None:
    """In restic's words, and in ours."""
    said = (
        "Fatal: unable to create lock in backend: repository is already locked exclusively by PID"
        " 77 on old-server by root (UID 0, GID 0) / lock was created at 2026-11-30 01:15:02"
        " (5m1s ago) / storage ID ab12 / the `unlock` command can be used to remove stale locks"
    )
    text = restic.explain(said, "sftp:u@b:nutri")
    assert "locked by old-server since 2026-11-30 01:15:02" in text
    assert "full" not in text


def test_a_scratch_image_of_before_is_named_with_the_one_to_set(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A dump of 17 does not go into 15; the default follows the server."""
    started: list[str] = []

    def run(command: Sequence[str], *_: object, **__: object) -> str:
        started.extend(command[-1:] if "run" in command else [])
        return "127.0.0.1:5999\n" if "port" in command else ""

    monkeypatch.setattr(scratch, "run", run)
    monkeypatch.setattr(Database, "sql", lambda *_, **__: "150000")
    with (
        pytest.raises(DumpError, match=r"nutri:scratchImage is postgres:15.*set it to postgres:17"),
        scratch.scratch("postgres:15", 17),
    ):
        raise AssertionError
    monkeypatch.setattr(Database, "sql", lambda *_, **__: "170000")
    with scratch.scratch("postgres:{major}", 17) as database:
        assert "not production" in database.place
    assert started == ["postgres:15", "postgres:17"]

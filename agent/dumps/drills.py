"""Drills on the server: what must be loud is broken on purpose, beside what is real.

They use repositories, settings and records of their own, so that nothing of the platform's is
touched: neither its dumps nor what the checks read.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.dumps import dump, restore, status
from agent.dumps.errors import DumpError
from agent.dumps.postgres import Database
from agent.dumps.restic import Restic
from agent.dumps.scratch import scratch

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from agent.dumps.config import Config

_CLOSED_PORT = 9


class Phases:
    """What a drill did, with its seconds."""

    def __init__(self) -> None:
        self.done: list[dict[str, Any]] = []

    def run(self, name: str, work: Callable[[], str]) -> None:
        """Do one part; `work` returns what there is to note."""
        started = time.monotonic()
        note = work()
        self.done.append({"name": name, "seconds": time.monotonic() - started, "note": note})

    def fails(self, name: str, work: Callable[[], object], words: str) -> None:
        """Do a part that must fail with these words; raises DumpError where it does not."""

        def loud() -> str:
            try:
                work()
            except DumpError as error:
                if words in str(error):
                    return str(error)
                raise DumpError(f"{name}: it failed, but for another reason: {error}") from None
            raise DumpError(f"{name}: it did not fail")

        self.run(name, loud)


@contextmanager
def _aside() -> Iterator[Path]:
    """Records of our own for the time of a drill."""
    folder = Path(tempfile.mkdtemp(prefix="nutri-drill-", dir="/var/lib/nutri"))
    with status.elsewhere(folder / "state"):
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def corrupt_newest(config: Config) -> dict[str, Any]:
    """Two dumps, the newer one damaged: a restore takes the older one, and says so."""
    phases = Phases()
    with _aside() as folder:
        repository = str(folder / "repository")
        restic = Restic(replace(config, repository=repository, environment={}))
        restic.init()
        runs: list[str] = []
        phases.run("first dump", lambda: _dumped(config, restic, runs))
        before = _packs(restic)
        phases.run("second dump", lambda: _dumped(config, restic, runs))
        phases.run("damage", lambda: _cut_off(_packs(restic) - before))
        major = Database(config.database_url).major()
        with scratch(config.scratch_image, major) as database:
            phases.run("restore", lambda: _restored(restic, database, runs))
    return {"phases": phases.done}


def _dumped(config: Config, restic: Restic, runs: list[str]) -> str:
    taken = dump.take(config, restic)
    runs.append(taken.run)
    return f"{taken.rows} rows"


def _packs(restic: Restic) -> set[Path]:
    return {path for path in Path(restic.repository, "data").rglob("*") if path.is_file()}


def _cut_off(packs: set[Path]) -> str:
    for pack in packs:
        pack.chmod(0o600)
        with pack.open("r+b") as file:
            file.truncate(pack.stat().st_size // 2)
    return f"{len(packs)} files cut off in the middle"


def _restored(restic: Restic, database: Database, runs: list[str]) -> str:
    done = restore.restore(restic, database, restore.Wish(), scratch=True)
    if done.manifest.run != runs[0] or not done.passed_over:
        raise DumpError("the damaged dump was not passed over")
    return f"{done.passed_over[0]}; restored {done.manifest.run}"


def storage_refused(config: Config, restic: Restic) -> dict[str, Any]:
    """Nobody answers, and another login: a dump fails loudly each time, and works afterwards."""
    phases = Phases()
    with _aside():
        shut = Restic(replace(config, port=_CLOSED_PORT, repository=_elsewhere(config)))
        phases.fails("nobody answers", lambda: dump.take(config, shut), "refuse")
        if status.read().get("dump", {}).get("ok", True):
            raise DumpError("the failed dump left no trace for the checks")
        wrong = Restic(config, password="wrong")  # noqa: S106 - it has to be
        phases.fails("another password", lambda: dump.take(config, wrong), "password")
        phases.run("it answers again", lambda: f"{len(restic.held().data)} dumps are there")
    return {"phases": phases.done}


def _elsewhere(config: Config) -> str:
    """The same repository behind a port that is shut."""
    if config.repository.startswith("sftp:"):
        return config.repository
    return f"s3:http://127.0.0.1:{_CLOSED_PORT}/nowhere"

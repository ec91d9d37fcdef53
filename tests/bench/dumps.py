"""Dump and restore of a realistic schema over plain pg_dump and pg_restore -j of the same data.

    python -m tests.bench.dumps [MEGABYTES]

Both against a real PostgreSQL 17 of this machine, the repository a folder: what the network costs
comes on top of both alike.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from agent.dumps import dump, restore
from agent.dumps.postgres import Database
from tests.postgres import MAJORS, Server, install, server
from tests.unit.dumper.conftest import Servers, dumping, set_up

if TYPE_CHECKING:
    from collections.abc import Callable

MAJOR, TABLES = 17, 50
_ROW_BYTES = 220


def _fill(where: Server, name: str, megabytes: int) -> None:
    each = megabytes * 1_000_000 // _ROW_BYTES // TABLES
    where.sql("create type kind as enum ('a', 'b', 'c')", name, "postgres")
    for number in range(TABLES):
        where.sql(
            f"create table t{number} (id bigint generated always as identity primary key, k kind,"
            " at timestamptz default now(), n numeric(12, 2), body text, doc jsonb);"
            f"insert into t{number} (k, n, body, doc) select (array['a', 'b', 'c'])[1 + n % 3]"
            "::kind, n * 1.1, repeat(md5(n::text), 3), jsonb_build_object('n', n, 'm',"
            " md5(n::text))"
            f" from generate_series(1, {each}) n; create index on t{number} (k, at);"
            f"create index on t{number} using gin (doc)",
            name,
            "postgres",
        )


def _timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def _run(*words: str) -> None:
    subprocess.run(words, check=True, capture_output=True)


class Memory:
    """The most that this process and its children have at once, looked at again and again."""

    def __init__(self) -> None:
        self.most = 0
        self._done = threading.Event()
        self._own = _resident("/proc/self")
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._done.wait(0.1):
            self.most = max(self.most, _resident("/proc/self") - self._own + _children())

    def end(self) -> float:
        """In megabytes, over what there was before."""
        self._done.set()
        return self.most / 1e6


def _resident(folder: str) -> int:
    try:
        fields = Path(folder, "statm").read_text(encoding="utf-8").split()
    except OSError:
        return 0
    return int(fields[1]) * resource.getpagesize()


def _children() -> int:
    pids = Path("/proc/self/task").glob("*/children")
    names = {pid for one in pids for pid in one.read_text(encoding="utf-8").split()}
    ours = [pid for pid in names if "postgres" not in _program(pid).name]
    return sum(_resident(f"/proc/{pid}") for pid in ours)


def _program(pid: str) -> Path:
    try:
        return Path(f"/proc/{pid}/exe").readlink()
    except OSError:
        return Path("gone")


def measure(megabytes: int) -> dict[str, float]:
    """Seconds and megabytes."""
    binaries = install(MAJOR).bin
    with (
        tempfile.TemporaryDirectory() as name,
        pytest.MonkeyPatch.context() as patch,
        server(MAJOR, project=True) as source,
        server(MAJOR, project=True) as project,
    ):
        folder = Path(name)
        for major in MAJORS:
            (folder / "pg" / str(major)).mkdir(parents=True)
            (folder / "pg" / str(major) / "bin").symlink_to(install(major).bin)
        (folder / "w").mkdir()
        set_up(folder / "w", folder / "pg", patch)
        with dumping(Servers(source, project, project), folder / "w", patch) as dumper:
            _fill(source, dumper.source.name, megabytes)
            size = source.sql(f"select pg_database_size('{dumper.source.name}')")[0][0]
            plain, file = dumper.project(), str(folder / "plain.dump")
            told = {"database_mb": size / 1e6}
            url = source.url(dumper.source.name, "postgres")
            words = [str(binaries / "pg_dump"), "-Fc", "-n", "public", "-f", file, url]
            told["pg_dump_s"] = _timed(lambda: _run(*words))
            restoring = [str(binaries / "pg_restore"), "--no-owner", "--no-privileges", "-j", "2"]
            plain.sql("drop schema public cascade")
            told["pg_restore_j2_s"] = _timed(lambda: _run(*restoring, "-d", plain.url, file))
            memory = Memory()
            told["dump_s"] = _timed(lambda: dump.take(dumper.config, dumper.restic))
            told["dump_memory_mb"] = memory.end()
            target, memory = dumper.project(), Memory()
            told["restore_s"] = _timed(
                lambda: restore.restore(dumper.restic, Database(target.url), restore.Wish())
            )
            told["restore_memory_mb"] = memory.end()
    told["dump_ratio"] = told["dump_s"] / told["pg_dump_s"]
    told["restore_ratio"] = told["restore_s"] / told["pg_restore_j2_s"]
    return {key: round(value, 2) for key, value in told.items()}


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 1000), indent=2))

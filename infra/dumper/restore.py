"""Bringing a dump back: all of it in one transaction, or nothing."""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infra.dumper import contents, status
from infra.dumper.archive import Dumps
from infra.dumper.errors import CorruptDumpError, DumpError
from infra.dumper.loading import load
from infra.dumper.manifest import differences

if TYPE_CHECKING:
    from infra.dumper.manifest import Manifest
    from infra.dumper.postgres import Database
    from infra.dumper.restic import Restic, Snapshot


@dataclass(frozen=True)
class Restored:
    """What came back, and what was passed over on the way."""

    manifest: Manifest
    seconds: float
    tables: dict[str, int]
    passed_over: tuple[str, ...] = ()
    """Newer dumps that are corrupt, and why."""
    missing_extensions: tuple[str, ...] = ()
    canary: str | None = None

    def shown(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "dump": self.manifest.brief(),
            "seconds": round(self.seconds, 2),
            "tables": self.tables,
            "rows": sum(self.tables.values()),
            "passed_over": list(self.passed_over),
            "missing_extensions": list(self.missing_extensions),
            "canary": self.canary,
        }


@dataclass(frozen=True)
class Wish:
    """What to restore, and over what."""

    at: str | None = None
    """Not after this moment, as the manifests spell it; None: the newest."""
    overwrite: str | None = None
    """Name of the database whose data may go."""


def check_target(database: Database, wish: Wish) -> bool:
    """Whether the target has data that may go; raises DumpError where they may not."""
    if contents.is_empty(database):
        return False
    if wish.overwrite is None:
        raise DumpError(
            f"{database.place} has tables: nothing was touched. To replace all of it, name it a"
            f" second time: --overwrite {database.name} --yes"
        )
    if wish.overwrite != database.name:
        raise DumpError(
            f"the database is {database.name}, not {wish.overwrite}: nothing was touched"
        )
    return True


def restore(restic: Restic, database: Database, wish: Wish) -> Restored:
    """Restore the newest dump that is whole.

    Raises:
        DumpError: there is none, the target may not be touched, or it refused.
    """
    replace = check_target(database, wish)
    dumps = Dumps(restic)
    passed_over: list[str] = []
    for snapshot in dumps.newest_first():
        try:
            found = dumps.manifest(snapshot)
            if wish.at is not None and found.at > wish.at:
                continue
            done = _restore(dumps, snapshot, found, database, replace=replace)
            return dataclasses.replace(done, passed_over=tuple(passed_over))
        except CorruptDumpError as error:
            passed_over.append(f"{snapshot.run} is corrupt: {error}")
    raise DumpError("; ".join(["no dump could be restored", *(passed_over or [_none(wish)])]))


def _none(wish: Wish) -> str:
    return f"there is none as old as {wish.at}" if wish.at else "the repository holds none"


def _restore(
    dumps: Dumps, snapshot: Snapshot, found: Manifest, database: Database, *, replace: bool
) -> Restored:
    started = time.monotonic()
    missing = load(dumps, snapshot, found, database, replace=replace)
    tables = contents.counts(database.sql)
    wrong = differences(found.tables, tables)
    if wrong:
        raise DumpError(f"{database.place} is not what was dumped: {'; '.join(wrong)}")
    return Restored(
        found,
        time.monotonic() - started,
        tables,
        missing_extensions=missing,
        canary=contents.canary(database.sql),
    )


def once(restic: Restic, database: Database) -> dict[str, Any]:
    """Restore into an empty database, for a new stack; with data there, leave it be."""
    known = status.read().get("restored")
    if not contents.is_empty(database):
        why = "was restored before" if known else "has data already"
        return {"done": False, "message": f"{database.place} {why}: left as it is", "was": known}
    done = restore(restic, database, Wish())
    facts = {"at": status.now(), **done.shown()}
    status.keep(restored=facts)
    return {"done": True, **facts}

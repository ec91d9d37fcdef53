"""Bringing a dump back: all of it in one transaction, or nothing."""

from __future__ import annotations

import dataclasses
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from agent.dumps import contents, loading, status, vendor
from agent.dumps.archive import Dumps
from agent.dumps.errors import CorruptDumpError, DumpError
from agent.dumps.manifest import differences

if TYPE_CHECKING:
    from agent.dumps.manifest import Manifest
    from agent.dumps.postgres import Database
    from agent.dumps.restic import Restic


@dataclass(frozen=True)
class Restored:
    """What came back, and what was passed over on the way."""

    manifest: Manifest
    seconds: float
    tables: dict[str, int]
    passed_over: tuple[str, ...] = ()
    """Newer dumps that are corrupt, and why."""
    missing_extensions: tuple[str, ...] = ()
    not_restored: tuple[str, ...] = ()
    """What the dump has, or had to leave out, and the target has not."""
    of_vendor: tuple[str, ...] = ()
    """What the dump has of the vendor's objects: a project has its own."""
    notes: tuple[str, ...] = ()
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
            "not_restored": [*self.not_restored, *self.manifest.not_held],
            "of_vendor": list(self.of_vendor),
            "notes": list(self.notes),
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
    why = database.why_read_only()
    if why is not None:
        raise DumpError(f"{database.place} takes no dump, {why}: nothing was touched")
    if contents.is_empty(database):
        return False
    if wish.overwrite is None:
        raise DumpError(
            f"{database.place} has tables: nothing was touched. To replace all of it, name it a"
            f" second time: --lose {database.name} --yes"
        )
    if wish.overwrite != database.name:
        raise DumpError(
            f"the database is {database.name}, not {wish.overwrite}: nothing was touched"
        )
    return True


def restore(restic: Restic, database: Database, wish: Wish, *, scratch: bool = False) -> Restored:
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
            with loading.source(dumps, snapshot, found) as source:
                into = loading.target(database, replace=replace, stands_in=scratch)
                done = _restore(source, into)
            return dataclasses.replace(done, passed_over=tuple(passed_over))
        except CorruptDumpError as error:
            passed_over.append(f"{snapshot.run} is corrupt: {error}")
    raise DumpError("; ".join(["no dump could be restored", *(passed_over or [_none(wish)])]))


def major_of(restic: Restic, wish: Wish) -> int:
    """The major version of the server that the wished dump is of; raises DumpError."""
    dumps = Dumps(restic)
    for snapshot in dumps.newest_first():
        with suppress(CorruptDumpError):
            found = dumps.manifest(snapshot)
            if wish.at is None or found.at <= wish.at:
                return found.major
    raise DumpError(f"no dump could be restored; {_none(wish)}")


def _none(wish: Wish) -> str:
    return f"there is none as old as {wish.at}" if wish.at else "the repository holds none"


def _restore(source: loading.Source, into: loading.Target) -> Restored:
    started, database = time.monotonic(), into.database
    before = _looked_at(database)
    try:
        loaded = loading.load(source, into)
    except CorruptDumpError:
        raise
    except DumpError as error:
        told = database.explained(error)
        raise DumpError(
            f"{database.place} refused the dump: {told}; {_compared(database, before)}"
        ) from None
    return Restored(
        source.found,
        time.monotonic() - started,
        contents.counts(database.sql, source.found.managed),
        missing_extensions=loaded.missing_extensions,
        not_restored=loaded.not_restored,
        of_vendor=loaded.passed,
        notes=loaded.notes,
        canary=contents.canary(database.sql),
    )


def _looked_at(database: Database) -> dict[str, int]:
    return contents.counts(database.sql, vendor.managed_in(database.sql))


def _compared(database: Database, before: dict[str, int]) -> str:
    """What is true of a target that refused: its rows are counted anew, not taken for granted."""
    try:
        after = _looked_at(database)
    except DumpError as error:
        return f"whether it is as it was could not be looked at: {error}"
    size = f"{len(before)} tables with {sum(before.values())} rows"
    if after == before:
        return f"its rows are as before: {size}, counted before and after"
    return f"its rows are not as before ({size}): {'; '.join(differences(before, after))}"


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

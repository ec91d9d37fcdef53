"""Taking a dump: one moment of the database, off to the repository, and read back."""

from __future__ import annotations

import hashlib
import os
import secrets
import time
from contextlib import closing, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from agent.dumps import attachments, catalogue, contents, manifest, status
from agent.dumps.archive import CHUNK, Dumps, prove_readable
from agent.dumps.errors import DamagedError, DumpError
from agent.dumps.manifest import Manifest
from agent.dumps.postgres import Database, Session, client
from agent.dumps.restic import LAST, snapshot_id
from agent.dumps.running import Stream, run
from agent.dumps.vendor import managed_in

if TYPE_CHECKING:
    from agent.dumps.config import Config
    from agent.dumps.restic import Restic

_ORPHAN = timedelta(days=1)
_LONGEST = 7200.0


def take(config: Config, restic: Restic) -> Manifest:
    """Take a dump and prove that it came over; then let old ones go.

    Raises:
        DumpError: there is no new dump, or it is not what the database holds.
    """
    started = time.monotonic()
    try:
        taken = _take(Database(config.database_url), restic)
    except DumpError as error:
        status.keep(dump={"at": status.now(), "ok": False, "message": str(error)})
        raise
    taken = replace(taken, seconds=round(time.monotonic() - started, 1))
    status.keep(dump={"at": status.now(), "ok": True, **taken.brief(), "seconds": taken.seconds})
    look_over(restic)
    let_go(config, restic)
    return taken


def _take(database: Database, restic: Restic) -> Manifest:
    major = database.major()
    restic.free()
    note = contents.write_canary(database)
    roles = _roles(database, major)
    with closing(Session(database)) as session:
        taken = replace(_describe(database, major, session), note=note)
        if not contents.without_ours(taken.tables):
            raise DumpError(f"{database.place} has no table: nothing to dump")
        if not sum(contents.without_ours(taken.tables).values()):
            raise DumpError(f"no table of {database.place} has a row: is this the right database?")
        attachments.put(taken, roles, catalogue.describe(session.json, taken.managed))
        attachments.put_rows(taken, database, session.snapshot)
        size, sha256 = _stream(database, taken, session.snapshot, restic)
    taken = replace(taken, size=size, sha256=sha256)
    attachments.put(taken, roles)
    restic.backup_folder(manifest.FOLDER, taken.run)
    attachments.clear()
    _read_back(taken, restic)
    return taken


def _describe(database: Database, major: int, session: Session) -> Manifest:
    managed = managed_in(session.ask)
    return Manifest(
        run=f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{secrets.token_hex(3)}",
        at=status.now(),
        database=database.name,
        major=major,
        tables=contents.counts(session.ask, managed),
        extensions=contents.extensions(session.ask),
        schemas=contents.schemas(session.ask, managed),
        canary=contents.canary(session.ask),
        size=0,
        sha256="",
        managed=managed,
        hanging=catalogue.hanging(session.json, managed),
        keys=catalogue.keys(session.json, managed),
        loose=catalogue.loose(session.json),
        carried=catalogue.carried(session.json, managed),
        left_out=catalogue.left_out(session.json, managed),
        checks=catalogue.checks(session.json, managed),
        search_path=session.ask("select reset_val from pg_settings where name = 'search_path';"),
    )


def _roles(database: Database, major: int) -> str:
    command = [client("pg_dumpall", major), "--roles-only", "--no-role-passwords", "--no-comments"]
    return run([*command, "--database", database.name], database.environment())


def _stream(database: Database, taken: Manifest, snapshot: str, restic: Restic) -> tuple[int, str]:
    """Lead pg_dump's archive into restic; returns its size and hash."""
    command = [client("pg_dump", taken.major), "--format=custom", "--compress=0"]
    command += [f"--snapshot={snapshot}", *(f"--exclude-schema={one}" for one in taken.managed)]
    source = Stream(command, database.environment())
    sink = restic.backup_stream(taken.run)
    digest, size = hashlib.sha256(), 0
    try:
        while piece := source.pipe.read(CHUNK):
            digest.update(piece)
            size += len(piece)
            sink.pipe.write(piece)
        source.end()
    except OSError:  # restic is gone, and says why
        source.kill()
    except BaseException:
        sink.kill()  # before it sees an end, and takes half a dump for a whole one
        source.kill()
        raise
    snapshot_id(restic.explained(sink.end, _LONGEST))
    return size, digest.hexdigest()


def _read_back(taken: Manifest, restic: Restic) -> None:
    """Read all of the new dump out of the repository, and compare."""
    dumps = Dumps(restic)
    found = next((one for one in dumps.manifests if one.run == taken.run), None)
    if found is None:
        raise DumpError("the new dump is not in the repository: the upload was lost")
    if dumps.manifest(found) != taken:
        raise DumpError("the new dump's manifest is not the one that was put there")
    try:
        for table in attachments.tables(taken):
            attachments.prove(dumps, found, taken, table)
        prove_readable(dumps.archive(taken), taken.major, dict(os.environ))
    except DumpError as error:
        raise DumpError(f"the new dump does not come back as it was put there: {error}") from None


def look_over(restic: Restic) -> None:
    """Check the repository's structure, and keep the result; raises DumpError.

    A check that could not be made says nothing of the repository: only damage does.
    """
    try:
        restic.check()
    except DamagedError as error:
        status.keep(check={"at": status.now(), "ok": False, "message": str(error)})
        raise
    except DumpError as error:
        status.keep(check_refused={"at": status.now(), "ok": False, "message": str(error)})
        raise
    status.keep(check={"at": status.now(), "ok": True}, check_refused=None)


def let_go(config: Config, restic: Restic) -> None:
    """Remove dumps that are past keeping; a failure costs space alone, and is told."""
    keep = config.keep
    try:
        held = restic.held()
        manifests = held.manifests
        staying = {one.id for one in manifests}
        if len(manifests) > LAST:
            staying = restic.keep(keep.daily, keep.weekly, keep.monthly)
        runs = {one.run for one in manifests if one.id in staying}
        old = [one.id for one in manifests if one.run not in runs]
        whole = {one.run for one in manifests}
        old += [
            one.id
            for one in held.data
            if one.run not in runs and (one.run in whole or _is_left_over(one.run))
        ]
        if old:
            restic.forget(old)
    except DumpError as error:
        status.keep(retention={"at": status.now(), "ok": False, "message": str(error)})
        return
    status.keep(retention={"at": status.now(), "ok": True, "kept": len(runs)})


def _is_left_over(run_id: str) -> bool:
    """Whether data without a manifest are older than any run could be at work."""
    with suppress(ValueError):
        began = datetime.strptime(run_id.split("-", maxsplit=1)[0], "%Y%m%dT%H%M%S").replace(
            tzinfo=UTC
        )
        return datetime.now(UTC) - began > _ORPHAN
    return True

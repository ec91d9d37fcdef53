"""What lies beside an archive in the repository: manifest, roles, catalogue, the vendor's rows."""

from __future__ import annotations

import gzip
import json
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

from agent.dumps import manifest
from agent.dumps.errors import CorruptDumpError
from agent.dumps.manifest import carried_file
from agent.dumps.postgres import PSQL, identifier
from agent.dumps.running import Stream

if TYPE_CHECKING:
    from collections.abc import Iterator

    from agent.dumps.archive import Dumps
    from agent.dumps.manifest import Manifest
    from agent.dumps.postgres import Database
    from agent.dumps.restic import Snapshot


def put(taken: Manifest, roles: str, described: dict[str, Any] | None = None) -> None:
    """Write the files whose content is at hand; nobody else may read them."""
    folder = Path(manifest.FOLDER)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    texts = {manifest.NAME: taken.text(), manifest.ROLES: roles}
    if described is not None:
        clear()
        texts[manifest.CATALOGUE] = json.dumps(described)
    for name, text in texts.items():
        path = folder / name
        path.touch(mode=0o600)
        path.write_text(text, encoding="utf-8")


def clear() -> None:
    """Take away what an earlier run left."""
    folder = Path(manifest.FOLDER)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)


def tables(taken: Manifest) -> list[str]:
    """The vendor's tables whose rows are in a dump."""
    return [name for name, one in taken.carried.items() if one["rows"]]


def put_rows(taken: Manifest, database: Database, snapshot: str) -> None:
    """Copy the rows of the vendor's tables that are the app's, as of the same moment."""
    for table in tables(taken):
        columns = ", ".join(identifier(one) for one in taken.carried[table]["columns"])
        path = Path(manifest.FOLDER) / carried_file(table)
        path.touch(mode=0o600)
        statement = (
            "begin isolation level repeatable read read only;"
            f" set transaction snapshot '{snapshot}'; set row_security = off;"
            f" copy {table} ({columns}) to stdout;"
        )
        command = [*(word for word in PSQL if word not in {"-f", "-"}), "-c", statement]
        source = Stream(command, database.environment())
        with gzip.open(path, "wb", compresslevel=3) as file:
            shutil.copyfileobj(source.pipe, file)
        source.end()


def rows(dumps: Dumps, snapshot: Snapshot, table: str) -> Iterator[bytes]:
    """The rows of one of the vendor's tables out of a dump, line by line.

    Raises:
        CorruptDumpError: they are not whole.
    """
    stream = dumps.beside(snapshot, carried_file(table))
    try:
        with gzip.open(stream.pipe) as file:
            yield from file
    except (OSError, EOFError) as error:
        stream.kill()
        raise CorruptDumpError(f"the rows of {table} cannot be read: {error}") from None
    except GeneratorExit:
        stream.kill()
        raise
    stream.end()


def prove(dumps: Dumps, snapshot: Snapshot, taken: Manifest, table: str) -> None:
    """See that as many rows come back as were put there; raises CorruptDumpError."""
    wanted, found = taken.carried[table]["rows"], sum(1 for _ in rows(dumps, snapshot, table))
    if wanted != found:
        raise CorruptDumpError(f"{found} rows of {table} come back instead of {wanted}")

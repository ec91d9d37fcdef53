"""Reading a dump back: every byte, held to its manifest."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from agent.dumps import manifest
from agent.dumps.errors import CorruptDumpError, DumpError
from agent.dumps.postgres import client
from agent.dumps.restic import ARCHIVE
from agent.dumps.running import Stream

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

    from agent.dumps.manifest import Manifest
    from agent.dumps.restic import Restic, Snapshot

CHUNK = 1 << 20


class Dumps:
    """The dumps in the repository: manifests that have their data."""

    def __init__(self, restic: Restic) -> None:
        self._restic = restic
        held = restic.held()
        self._data = {one.run: one for one in held.data}
        self.manifests = held.manifests

    def newest_first(self) -> list[Snapshot]:
        """Their manifests' snapshots."""
        return self.manifests[::-1]

    def manifest(self, snapshot: Snapshot) -> Manifest:
        """What a dump has to hold; raises CorruptDumpError."""
        return manifest.parse(self._beside(snapshot, manifest.NAME))

    def roles(self, snapshot: Snapshot) -> str:
        """The roles of a dump; raises CorruptDumpError."""
        return self._beside(snapshot, manifest.ROLES)

    def catalogue(self, snapshot: Snapshot) -> dict[str, Any]:
        """The vendor's objects at the moment of a dump; none in a dump of before."""
        try:
            found: dict[str, Any] = json.loads(self._beside(snapshot, manifest.CATALOGUE))
        except (CorruptDumpError, ValueError):
            return {}
        return found

    def beside(self, snapshot: Snapshot, name: str) -> Stream:
        """A file beside an archive."""
        return self._restic.dump_stream(snapshot.id, f"{manifest.FOLDER}/{name}")

    def _beside(self, snapshot: Snapshot, name: str) -> str:
        try:
            return self._restic.read(snapshot.id, f"{manifest.FOLDER}/{name}")
        except DumpError as error:
            raise _corrupt_or_away(error) from None

    def archive(self, found: Manifest) -> Generator[bytes, None, None]:
        """The archive of a dump, piece by piece.

        Raises:
            CorruptDumpError: at the end, where it is not what was put there.
        """
        data = self._data.get(found.run)
        if data is None:
            raise CorruptDumpError("its data are not in the repository")
        stream = self._restic.dump_stream(data.id, f"/{ARCHIVE}")
        digest, size = hashlib.sha256(), 0
        try:
            while piece := stream.pipe.read(CHUNK):
                digest.update(piece)
                size += len(piece)
                yield piece
        except GeneratorExit:
            stream.kill()
            raise
        try:
            stream.end()
        except DumpError as error:
            raise _corrupt_or_away(error) from None
        if (size, digest.hexdigest()) != (found.size, found.sha256):
            raise CorruptDumpError(f"its archive has {size} bytes that are not those of the dump")


def _corrupt_or_away(error: DumpError) -> DumpError:
    """A repository that cannot be reached says nothing about a dump."""
    low = str(error).lower()
    away = ("refuse", "resolve", "timed out", "sftp session", "password", "did not end")
    return error if any(word in low for word in away) else CorruptDumpError(str(error))


def prove_readable(pieces: Iterator[bytes], major: int, env: dict[str, str]) -> None:
    """Have pg_restore read an archive from the first byte to the last, for nobody.

    Raises:
        CorruptDumpError: it is none, or is cut off.
    """
    command = [client("pg_restore", major), "--file", "/dev/null"]
    reader = Stream(command, env, writes=True)
    try:
        with suppress(BrokenPipeError):  # it is gone, and says why
            feed(pieces, reader.pipe.write)
    except BaseException:
        reader.kill()
        raise
    try:
        reader.end()
    except DumpError as error:
        raise CorruptDumpError(f"its archive cannot be read: {error}") from None


def feed(pieces: Iterator[bytes], write: Callable[[bytes], object]) -> None:
    """Hand every piece on."""
    for piece in pieces:
        write(piece)

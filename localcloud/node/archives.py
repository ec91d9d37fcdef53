"""Files for `docker cp`: how secrets get into a container without showing in `docker inspect`."""

from __future__ import annotations

import io
import tarfile
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from docker.models.containers import Container

_FOLDER_MODE = 0o755


@dataclass(frozen=True)
class File:
    """A file to be put into a container, with its absolute path there."""

    path: str
    content: bytes
    mode: int = 0o644


def put_files(container: Container, files: Iterable[File]) -> None:
    """Put the files into a container, running or only created; folders are made as needed."""
    container.put_archive("/", pack(files))


def pack(files: Iterable[File]) -> bytes:
    """The files and their folders as a tar."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        made: set[str] = set()
        for file in files:
            _add_folders(archive, file.path, made)
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode, entry.mtime = len(file.content), file.mode, int(time.time())
            archive.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _add_folders(archive: tarfile.TarFile, path: str, made: set[str]) -> None:
    parts = path.strip("/").split("/")[:-1]
    # The first level is the image's own: naming it here would change its mode.
    for depth in range(2, len(parts) + 1):
        folder = "/".join(parts[:depth])
        if folder in made:
            continue
        made.add(folder)
        entry = tarfile.TarInfo(folder)
        entry.type, entry.mode, entry.mtime = tarfile.DIRTYPE, _FOLDER_MODE, int(time.time())
        archive.addfile(entry)

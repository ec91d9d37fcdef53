"""Content keys of images: the same files, parent and arguments give the same key."""

from __future__ import annotations

import hashlib
import io
import tarfile
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

KEY_LENGTH = 16
_IGNORED = {"__pycache__", ".ruff_cache", ".mypy_cache", ".pytest_cache"}
_PLAIN, _EXECUTABLE = 0o644, 0o755
_OWNER_EXECUTES = 0o100


@dataclass(frozen=True)
class ContextFile:
    """One file of a build context."""

    path: str
    content: bytes
    mode: int = _PLAIN


def read_context(folder: Path) -> tuple[ContextFile, ...]:
    """Every file below `folder`, in a stable order, without caches of tools."""
    found = (path for path in folder.rglob("*") if path.is_file())
    kept = (path for path in found if not _IGNORED.intersection(path.relative_to(folder).parts))
    return tuple(
        ContextFile(path.relative_to(folder).as_posix(), path.read_bytes(), _mode(path))
        for path in sorted(kept)
    )


def content_key(
    files: Iterable[ContextFile], parent_key: str, arguments: Mapping[str, str] | None = None
) -> str:
    """The key of an image made from these files on that parent with those arguments."""
    digest = hashlib.sha256()
    for part in _parts(files, parent_key, arguments or {}):
        digest.update(f"{len(part)}:".encode())
        digest.update(part)
    return digest.hexdigest()[:KEY_LENGTH]


def context_tar(files: Iterable[ContextFile]) -> io.BytesIO:
    """The files as an uncompressed tar with fixed times and owners, as Docker takes it."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for file in files:
            entry = tarfile.TarInfo(file.path)
            entry.size, entry.mode = len(file.content), file.mode
            archive.addfile(entry, io.BytesIO(file.content))
    buffer.seek(0)
    return buffer


def _mode(path: Path) -> int:
    return _EXECUTABLE if path.stat().st_mode & _OWNER_EXECUTES else _PLAIN


def _parts(
    files: Iterable[ContextFile], parent_key: str, arguments: Mapping[str, str]
) -> Iterable[bytes]:
    yield parent_key.encode()
    for name, value in sorted(arguments.items()):
        yield f"{name}={value}".encode()
    for file in files:
        yield f"{file.path} {file.mode:o}".encode()
        yield file.content

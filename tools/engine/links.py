"""Links to what we built in a folder that is on PATH."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Final

from tools.engine import parts
from tools.engine.cache import is_ours
from tools.engine.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path

NAMES: Final = (*(binary.name for binary in parts.CLI.binaries), *parts.SCRIPTS)


def put(bin_dir: Path, built: Path) -> None:
    """Link every program of the command line into the folder.

    Raises:
        EngineError: a file that is no link has one of the names.
    """
    bin_dir.mkdir(parents=True, exist_ok=True)
    for name in NAMES:
        link, program = bin_dir / name, built / name
        if link.is_symlink() and link.readlink() == program:
            continue
        if link.exists() and not link.is_symlink():
            raise EngineError(f"{link} is in the way: remove it, or choose another --bin-dir")
        _replace(link, program)


def remove(bin_dir: Path) -> None:
    """Remove our links, so that nothing shadows an official command line."""
    for link in (bin_dir / name for name in NAMES):
        if link.is_symlink() and (is_ours(link) or not link.exists()):
            link.unlink()


def _replace(link: Path, program: Path) -> None:
    """Change the link at once: a run in another terminal finds the old or the new one."""
    fresh = link.with_name(f".{link.name}.{os.getpid()}")
    fresh.symlink_to(program)
    fresh.replace(link)

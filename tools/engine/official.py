"""Pulumi's own command line, where it is installed."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine import versions
from tools.engine.cache import is_ours
from tools.engine.progress import say

BOUND: Final = 30.0
"""Seconds Pulumi may take to say its version."""

HOST: Final = "pulumi-language-python"


@dataclass(frozen=True)
class Official:
    """A command line that is not of our making."""

    program: Path
    version: tuple[int, int, int]


def usable() -> Official | None:
    """The official command line on PATH, if it will do; if it is there but won't, says why."""
    program = _on_path("pulumi")
    if program is None:
        return None
    version = _version(program)
    if version is None:
        say(f"{program} does not say its version; not using it")
    elif version < versions.OLDEST_OFFICIAL:
        oldest = versions.dotted(versions.OLDEST_OFFICIAL)
        say(f"{program} is {versions.dotted(version)}, older than {oldest}; not using it")
    elif not (program.resolve().with_name(HOST).exists() or _on_path(HOST)):
        say(f"{program} has no {HOST} beside it; not using it")
    else:
        return Official(program, version)
    return None


def _on_path(name: str) -> Path | None:
    """The first program of that name on PATH that is not ours."""
    for folder in os.get_exec_path():
        found = shutil.which(name, path=folder)
        if found and not is_ours(Path(found)):
            return Path(found)
    return None


def _version(program: Path) -> tuple[int, int, int] | None:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [program, "version"],
            env=environment,
            timeout=BOUND,
            text=True,
            capture_output=True,
            check=True,
        )
        return versions.parse(done.stdout)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None

"""The Go toolchain: the one on PATH, or one from a Python wheel."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tools.engine import versions
from tools.engine.errors import EngineError

TOOLCHAINS: Final = (1, 21, 0)
"""The first Go that fetches a newer Go by itself, as a module."""

FETCHED: Final = f"go{versions.dotted(versions.GO)}+auto"
"""What an older Go is told to fetch: one for all parts, or a newer one if a module asks for it."""

BOUND: Final = 300.0
"""Seconds a question to Go may take; it may have to download first."""


@dataclass(frozen=True)
class Go:
    """A ``go`` program and the version it has (its own, whatever it may fetch)."""

    program: str
    version: tuple[int, int, int]
    platform: str

    @property
    def key(self) -> str:
        """What a result depends on: another Go or platform makes another binary."""
        return f"go{versions.dotted(self.version)}-{self.platform.replace('/', '-')}"

    @property
    def suffices(self) -> bool:
        """Whether it compiles the parts, perhaps by fetching a newer one."""
        return self.version >= TOOLCHAINS

    def environment(self) -> dict[str, str]:
        """This process's environment, less what could change the build or weaken its checks."""
        kept = {
            k: v for k, v in os.environ.items() if k not in {"GOFLAGS", "GOWORK", "GOOS", "GOARCH"}
        }
        toolchain = {} if self.version >= versions.GO else {"GOTOOLCHAIN": FETCHED}
        return {**kept, "GOWORK": "off", "CGO_ENABLED": "0", **toolchain}

    def module_folder(self, inside: Path, module: str) -> Path:
        """Where the module, as pinned by the go.mod in ``inside``, is on disk."""
        command = [self.program, "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", module]
        done = subprocess.run(
            command,
            cwd=inside,
            env=self.environment(),
            timeout=BOUND,
            text=True,
            capture_output=True,
            check=False,
        )
        if done.returncode != 0 or not done.stdout.strip():
            raise EngineError(f"Go does not find its module {module}: {done.stderr.strip()}")
        return Path(done.stdout.strip())


def find(program: str | None = None) -> Go | None:
    """The Go at ``program``, or the one on PATH; None if there is none that answers."""
    program = program or shutil.which("go")
    if program is None:
        return None
    try:
        done = subprocess.run(
            [program, "version"],
            timeout=BOUND,
            text=True,
            capture_output=True,
            check=False,
            cwd="/",
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse(program, done.stdout)


def parse(program: str, answer: str) -> Go | None:
    """Read what ``go version`` says, such as ``go version go1.26.4 linux/amd64``."""
    found = re.match(r"go version go(\d+\.\d+(?:\.\d+)?)\S*.* (\w+/\w+)\s*$", answer)
    if found is None:
        return None
    return Go(program, versions.parse(found[1]), found[2])

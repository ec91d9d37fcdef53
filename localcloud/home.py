"""The home directory of a local cloud: made by `up`, removed by `down`, and nothing else's."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from localcloud.errors import LocalCloudError

if TYPE_CHECKING:
    from localcloud.settings import Instance

MARKER = ".localcloud"
_PRIVATE = 0o700


def prepare(instance: Instance) -> None:
    """Make the directory; raises LocalCloudError where it holds somebody else's files."""
    home = instance.home
    try:
        home.mkdir(parents=True, exist_ok=True)
        foreign = not (home / MARKER).exists() and any(home.iterdir())
        if foreign:
            raise LocalCloudError(
                f"LOCALCLOUD_HOME is {home}, which holds files of something else: "
                "use an empty directory, or one that is not there yet"
            )
        home.chmod(_PRIVATE)
        (home / MARKER).write_text(f"State of the local cloud {instance.name!r}.\n")
    except OSError as error:
        raise LocalCloudError(f"LOCALCLOUD_HOME is {home}: {error.strerror}") from None


def remove(instance: Instance) -> None:
    """Remove the directory, if `prepare` made it."""
    if (instance.home / MARKER).exists():
        shutil.rmtree(instance.home)

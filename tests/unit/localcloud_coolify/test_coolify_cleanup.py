"""When images are removed, and which stay."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from localcloud.coolify.deploy import commands
from localcloud.coolify.servers.cleanup import is_due

if TYPE_CHECKING:
    from pathlib import Path

_BACKEND = "ghcr.test/nutri/backend"
_DOCKER = """#!/bin/sh
case "$*" in
*reference*) cat "$HERE/images" | grep "^$REPO" ;;
images*) cut -d '#' -f 1 "$HERE/images" ;;
rmi*) shift; echo "$1" >>"$HERE/removed"; [ "$1" != "$USED" ] ;;
esac
"""


@pytest.mark.parametrize(
    ("frequency", "hour", "minute", "due"),
    [
        ("0 0 * * *", 0, 0, True),
        ("0 0 * * *", 0, 1, False),
        ("0 0 * * *", 12, 0, False),
        ("hourly", 7, 0, True),
        ("weekly", 0, 0, False),
        ("30 4 * * *", 4, 30, True),
        ("nonsense", 0, 0, False),
    ],
)
def test_the_night_comes_once_a_day(frequency: str, hour: int, minute: int, due: bool) -> None:
    """By a cron expression, or one of the words for it."""
    wednesday = dt.datetime(2026, 7, 15, hour, minute, tzinfo=dt.UTC)
    assert is_due(frequency, wednesday) is due


def test_the_newest_images_of_an_application_stay(tmp_path: Path) -> None:
    """Two of a repository and what is in use; all of what belongs to no application goes."""
    rows = [f"{_BACKEND}:good-{day}#2026-07-0{day} 10:00:00 +0000 UTC" for day in (1, 2, 3, 4)]
    (tmp_path / "images").write_text("\n".join([*rows, "debian:12#2026-01-01 00:00:00"]) + "\n")
    docker = tmp_path / "docker"
    docker.write_text(_DOCKER)
    docker.chmod(0o755)
    environment = {
        "PATH": f"{tmp_path}:{os.environ['PATH']}",
        "HERE": str(tmp_path),
        "REPO": _BACKEND,
        "USED": f"{_BACKEND}:good-1",
    }
    script = commands.clean_up({_BACKEND: 2})
    subprocess.run(["/bin/bash", "-c", script], env=environment, check=True)
    removed = (tmp_path / "removed").read_text().split()
    assert removed == [f"{_BACKEND}:good-2", f"{_BACKEND}:good-1", "debian:12"]

"""Installs a Debian package the double needs, where it may; else says what to install."""

from __future__ import annotations

import os
import shutil
import subprocess

from localcloud.node.errors import NodeError
from localcloud.node.progress import Say, timed

_APT_SECONDS = 600
_ENVIRONMENT = {"DEBIAN_FRONTEND": "noninteractive"}


def can_install() -> bool:
    """Whether this process may install Debian packages: root, with apt-get."""
    return os.geteuid() == 0 and shutil.which("apt-get") is not None


def install_package(package: str, why: str, tell: Say) -> None:
    """Install `package` with apt-get.

    Raises:
        NodeError: not root, no apt-get, or apt-get failed.
    """
    if not can_install():
        raise NodeError(f"{package} is needed {why}. Install it as root: apt-get install {package}")
    with timed(f"installing {package}", tell):
        _apt("update")
        _apt("install", "--yes", "--no-install-recommends", package)


def _apt(*arguments: str) -> None:
    command = ["apt-get", "--quiet", *arguments]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_APT_SECONDS,
            env={**os.environ, **_ENVIRONMENT},
        )
    except subprocess.TimeoutExpired:
        raise NodeError(f"`{' '.join(command)}` did not finish within {_APT_SECONDS} s") from None
    if done.returncode:
        tail = "\n".join(f"  {line}" for line in done.stderr.splitlines()[-8:])
        raise NodeError(f"`{' '.join(command)}` failed with exit code {done.returncode}:\n{tail}")

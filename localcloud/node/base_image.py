"""The image below all others: Debian 12 slim, pulled where a registry answers, else made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
from docker.errors import DockerException

from localcloud.node.errors import ImageError
from localcloud.node.image_keys import ContextFile, content_key, read_context
from localcloud.node.packages import install_package
from localcloud.node.progress import Say, timed

if TYPE_CHECKING:
    from docker import DockerClient

NAME = "base"
DEBIAN = "localcloud/debian:bookworm-slim"
_UPSTREAM = "debian:12-slim"
_REGISTRY = "https://registry-1.docker.io/v2/"
_ANSWER_SECONDS = 4.0
_BOOTSTRAP_SECONDS = 900
_HOST_AUTHORITIES = Path("/usr/local/share/ca-certificates")
_LEFT_OUT = ("doc", "man", "locale", "info")


def key(root: Path) -> str:
    """Content key of the base image on this machine."""
    return content_key(files(root), DEBIAN)


def files(root: Path, authorities: Path = _HOST_AUTHORITIES) -> tuple[ContextFile, ...]:
    """The build context: the Dockerfile, and the machine's extra authorities (maybe none)."""
    found = sorted(authorities.glob("**/*.crt")) if authorities.is_dir() else []
    extra = (ContextFile(f"extra-ca/{path.name}", path.read_bytes()) for path in found)
    # COPY of a folder needs the folder, so one file is always in it.
    marker = ContextFile("extra-ca/README", b"Authorities of the machine that built this image.\n")
    return (*read_context(root / "images" / NAME), marker, *extra)


def ensure_debian(client: DockerClient, cache: Path, tell: Say) -> str:
    """Make sure the engine has plain Debian 12; returns its tag; raises ImageError."""
    if client.images.list(name=DEBIAN):
        return DEBIAN
    if not (registry_answers() and _pull(client, tell)):
        _bootstrap(client, cache, tell)
    return DEBIAN


def registry_answers(url: str = _REGISTRY, timeout: float = _ANSWER_SECONDS) -> bool:
    """Whether Docker's public registry answers from this machine within `timeout` seconds."""
    try:
        return httpx.get(url, timeout=timeout).status_code in {200, 401}
    except httpx.HTTPError:
        return False


def _pull(client: DockerClient, tell: Say) -> bool:
    try:
        with timed(f"image {_UPSTREAM}: pulling", tell):
            client.images.pull(_UPSTREAM).tag(DEBIAN)
    except DockerException as error:
        tell(f"pulling {_UPSTREAM} failed ({error}); making it from Debian's packages instead")
        return False
    return True


def _bootstrap(client: DockerClient, cache: Path, tell: Say) -> None:
    """Make Debian 12 slim from its packages."""
    if shutil.which("mmdebstrap") is None:
        install_package("mmdebstrap", f"to make the image {_UPSTREAM}: no registry answers", tell)
    archive = cache / "debian-bookworm-slim.tar"
    archive.parent.mkdir(parents=True, exist_ok=True)
    try:
        with timed(f"image {_UPSTREAM}: making it from Debian's packages", tell):
            _run(bootstrap_command(archive))
            client.api.import_image_from_file(
                str(archive),
                repository=DEBIAN.split(":", maxsplit=1)[0],
                tag="bookworm-slim",
                changes=['CMD ["bash"]'],
            )
    finally:
        archive.unlink(missing_ok=True)


def bootstrap_command(archive: Path) -> list[str]:
    """The mmdebstrap command: no mirror named, so it takes the public one with security updates."""
    leave_out = [f"--dpkgopt=path-exclude=/usr/share/{name}/*" for name in _LEFT_OUT]
    return [
        "mmdebstrap",
        "--variant=minbase",
        "--format=tar",
        # usr-is-merged instead of usrmerge, which brings all of Perl.
        "--include=ca-certificates,usr-is-merged",
        "--hook-dir=/usr/share/mmdebstrap/hooks/merged-usr",
        *leave_out,
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        '--customize-hook=rm -f "$1"/etc/resolv.conf "$1"/etc/hostname',
        "bookworm",
        str(archive),
    ]


def _run(command: list[str]) -> None:
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=_BOOTSTRAP_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise ImageError(f"mmdebstrap did not finish within {_BOOTSTRAP_SECONDS} s") from None
    if done.returncode:
        tail = "\n".join(f"  {line}" for line in done.stderr.splitlines()[-10:])
        raise ImageError(f"mmdebstrap failed with exit code {done.returncode}:\n{tail}")

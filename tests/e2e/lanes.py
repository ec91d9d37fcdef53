"""What a local cloud of the tests occupies: two clones at work never take each other's."""

from __future__ import annotations

import contextlib
import fcntl
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

import httpx

from localcloud import process
from localcloud.cleanup import remove_all
from localcloud.settings import Instance

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCKS = range(100, 200)
_FIRST_PORT = 20000  # below the range from which the system gives ports away
_PORTS_EACH = 10


@dataclass(frozen=True)
class Lane:
    """Name, ports and address block of one local cloud; nobody else has them while it is held."""

    block: int
    """Second octet of the servers' public addresses."""

    @property
    def name(self) -> str:
        """Name of the instance: by the block, so that a killed run's objects are found again."""
        return f"test-{self.block}"

    @property
    def port(self) -> int:
        """Port of the Hetzner API."""
        return _FIRST_PORT + self.block * _PORTS_EACH

    @property
    def dns_port(self) -> int:
        """Port of the name server."""
        return self.port + 1

    @property
    def environment(self) -> dict[str, str]:
        """The variables that the `localcloud` command reads, but for its home."""
        return {
            "LOCALCLOUD_NAME": self.name,
            "LOCALCLOUD_PORT": str(self.port),
            "LOCALCLOUD_DNS_PORT": str(self.dns_port),
            "LOCALCLOUD_BLOCK": str(self.block),
        }

    def instance(self, home: Path) -> Instance:
        """Return the instance of this lane."""
        return Instance(self.name, home, self.port, self.dns_port, self.block)


def _folder() -> Path:
    folder = Path(tempfile.gettempdir()) / f"nutri-test-lanes-{os.getuid()}"
    folder.mkdir(mode=0o700, exist_ok=True)
    return folder


def _lock(file: TextIO) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _end_what_was_left(lane: Lane) -> None:
    """End the cloud of a run that was killed: the lane is ours, so nobody's run is in it."""
    try:
        status = httpx.get(f"http://127.0.0.1:{lane.port}/_localcloud/status", timeout=5).json()
    except (httpx.HTTPError, ValueError):
        return
    instance = lane.instance(Path(status["home"]))
    process.stop(instance)
    remove_all(instance, lambda _line: None)


@contextlib.contextmanager
def claim() -> Iterator[Lane]:
    """Hold a lane that is free on this machine; the kernel lets it go when the process ends."""
    for block in _BLOCKS:
        with (_folder() / str(block)).open("w") as file:
            if _lock(file):
                lane = Lane(block)
                _end_what_was_left(lane)
                yield lane
                return
    raise RuntimeError(f"all {len(_BLOCKS)} lanes of this machine are in use")

"""Free what a server's Docker does not use, step by step, even where the disk is full.

On a full disk Docker cannot write what it is about to delete of the build cache, so that is the
last, and what failed for want of space is tried again once journal and package cache gave some.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from clients.ssh import CommandTimeoutError
from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from clients.ssh import SshClient

_SECONDS = 600.0
_FREED = re.compile(r"^Total(?: reclaimed space)?:\s+(?P<size>\S+)$", re.MULTILINE)
_FULL = re.compile(r"no space left", re.IGNORECASE)
_NOTHING = "0B"


@dataclass(frozen=True)
class Step:
    """One kind of thing that is removed, and how."""

    what: str
    words: Sequence[str] | str


@dataclass(frozen=True)
class Freed:
    """What a step came to, in Docker's words: '1.2GB'."""

    what: str
    space: str = _NOTHING
    error: str = ""

    def __str__(self) -> str:
        """A line of it."""
        return f"{self.what}: {self.error or self.space}"


@dataclass(frozen=True)
class Pruned:
    """What was freed, step by step."""

    steps: tuple[Freed, ...]

    @property
    def space(self) -> str:
        """All of it: '1.2GB + 3MB'."""
        return " + ".join(one.space for one in self.steps if one.space != _NOTHING) or _NOTHING


def _docker(kind: str, *words: str, hours: int = 1) -> tuple[str, ...]:
    return ("docker", kind, "prune", *words, "--force", "--filter", f"until={hours}h")


_CONTAINERS = Step("stopped containers", _docker("container"))
_NETWORKS = Step("unused networks", _docker("network"))
_DANGLING = Step("dangling images", _docker("image"))
_UNUSED = Step("unused images", _docker("image", "--all", hours=168))
_BUILD_CACHE = Step("build cache", _docker("builder"))
MAKE_ROOM = """before=$(df --output=avail -k / | tail -1)
journalctl --quiet --rotate --vacuum-size=16M >/dev/null 2>&1
apt-get clean >/dev/null 2>&1
after=$(df --output=avail -k / | tail -1)
echo "Total: $(( after > before ? after - before : 0 ))kB\""""
"""Copies of what is elsewhere; the journal keeps its newest lines."""
_ROOM = Step("journal and package cache", MAKE_ROOM)


def prune(client: SshClient, *, images: bool) -> Pruned:
    """Remove stopped containers, unused networks, dangling images and the build cache.

    Args:
        client: the server.
        images: also every image that no container uses and that is older than a week; a rollback
            to one of them has to pull it again.

    Raises:
        OperatorError: when a step fails even where there is room.
    """
    more = (_UNUSED,) if images else ()
    done = _run(client, (_CONTAINERS, _NETWORKS, _DANGLING, *more, _BUILD_CACHE))
    if again := [step for step, freed in done if _FULL.search(freed.error)]:
        done = [one for one in done if one[0] not in again]
        done += _run(client, (_ROOM, *again))
    pruned = Pruned(tuple(freed for _, freed in done))
    if any(one.error for one in pruned.steps):
        raise OperatorError(_failed(pruned))
    return pruned


def _run(client: SshClient, steps: Sequence[Step]) -> list[tuple[Step, Freed]]:
    return [(one, _freed(client, one)) for one in steps]


def _freed(client: SshClient, step: Step) -> Freed:
    try:
        done = client.run(step.words, timeout=_SECONDS, check=False)
    except CommandTimeoutError as error:
        return Freed(step.what, error=str(error))
    if done.code:
        said = (done.stderr or done.stdout).strip().splitlines()
        return Freed(step.what, error=said[-1] if said else f"exit code {done.code}")
    return Freed(step.what, freed_space(done.stdout))


def freed_space(output: str) -> str:
    """What a step says it has freed."""
    found = _FREED.search(output)
    return found["size"] if found else _NOTHING


def _failed(pruned: Pruned) -> str:
    steps = "\n".join(f"  {one}" for one in pruned.steps)
    way_out = (
        "see what fills the disk with `runbook ssh -- du -xh --max-depth=2 /var /data`, delete "
        "some of it and prune again; no volume: those hold data"
    )
    is_full = any(_FULL.search(one.error) for one in pruned.steps)
    return f"not all could be pruned:\n{steps}" + (f"\n{way_out}" if is_full else "")

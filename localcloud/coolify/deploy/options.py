"""Options of `docker run` an application may ask for; others are dropped without a word."""

from __future__ import annotations

import shlex
from itertools import zip_longest
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.coolify.database import Row

_TAKEN = {
    "--cap-add",
    "--cap-drop",
    "--security-opt",
    "--sysctl",
    "--device",
    "--ulimit",
    "--ip",
    "--ip6",
    "--shm-size",
    "--dns",
    "--gpus",
    "--hostname",
    "--entrypoint",
}
_SWITCHES = {"--init", "--privileged"}
_DEFAULT_SWAPPINESS = 60


def custom(text: str | None) -> tuple[str, ...]:
    """What of a text of options is taken."""
    words = [part for word in shlex.split(text or "") for part in _split(word)]
    taken: list[str] = []
    for word, following in zip_longest(words, words[1:], fillvalue=""):
        if word in _SWITCHES:
            taken.append(word)
        elif word in _TAKEN and following and not following.startswith("--"):
            taken += [word, following]
    return tuple(taken)


def limits(app: Row) -> tuple[str, ...]:
    """Limits of memory and processor time; "0" means none."""
    pairs = (
        ("--memory", app["limits_memory"]),
        ("--memory-swap", app["limits_memory_swap"]),
        ("--memory-reservation", app["limits_memory_reservation"]),
        ("--cpus", app["limits_cpus"]),
        ("--cpuset-cpus", app["limits_cpuset"]),
        ("--cpu-shares", str(app["limits_cpu_shares"])),
    )
    options = [part for flag, value in pairs if value and value != "0" for part in (flag, value)]
    if app["limits_memory_swappiness"] != _DEFAULT_SWAPPINESS:
        # The default is not passed on: engines on cgroup v2 refuse the flag.
        options += ["--memory-swappiness", str(app["limits_memory_swappiness"])]
    return tuple(options)


def _split(word: str) -> list[str]:
    flag, equals, value = word.partition("=")
    return [flag, value] if equals and flag.startswith("--") else [word]

"""Whether the services fit into the servers' memory, also while one of their replicas is replaced.

Limits are added up, for what a container may have it will have one day. Swap does not count: what
needs it to fit is slow for everybody.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from infra.servers.placement import chosen

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from config.service import ServiceSettings
    from config.settings import Settings

_MIB = 2**20
_ROLLED_BACK_SECONDS = 10
"""Until a container has ended and the next one begins, beside what the service itself takes."""


@dataclass(frozen=True)
class Load:
    """What one service takes of one server."""

    name: str
    replicas: int
    each: int
    rolling: int
    """Containers more while a replica is replaced."""

    @property
    def total(self) -> int:
        """Bytes."""
        return (self.replicas + self.rolling) * self.each

    def __str__(self) -> str:
        """Its numbers."""
        more = " + 1 in a roll-out" if self.rolling else ""
        return f"{self.name} ({self.replicas}{more}) x {size(self.each)}"


def size(amount: int) -> str:
    """Return bytes as people say them."""
    if amount >= 1024 * _MIB:
        return f"{amount / (1024 * _MIB):.2f}".rstrip("0").rstrip(".") + " GiB"
    return f"{amount // _MIB} MiB"


def loads(services: Mapping[str, ServiceSettings], servers: int) -> list[list[Load]]:
    """Return what runs on each server, replicas in turn as they are placed."""
    places = range(servers)
    return [
        [
            Load(name, count, one.memory, int(one.rollout == "start-first"))
            for name, one in services.items()
            if one.memory
            and (count := sum(chosen(n, places) == place for n in range(1, one.replicas + 1)))
        ]
        for place in places
    ]


def problems(settings: Settings, memory: int) -> list[str]:
    """Return a line for each server whose memory (in bytes) does not hold what is to run on it."""
    reserve = settings.memory_reserve
    found = []
    for number, there in enumerate(loads(settings.services, settings.servers), 1):
        needed = sum(one.total for one in there) + reserve
        if needed > memory:
            told = " + ".join(str(one) for one in there)
            found.append(
                f"nutri:services: server {number} has {size(memory)}, and {told} + {size(reserve)} "
                f"for Coolify and the system = {size(needed)}; {_ways_out(there, needed - memory)}"
            )
    return found


def _ways_out(there: Sequence[Load], over: int) -> str:
    ways = [
        f"`rollout: stop-first` for {one.name} ({size(one.each)} less, and it is away while it is"
        " replaced)"
        for one in sorted(there, key=lambda one: -one.each)
        if one.rolling
    ][:1]
    ways += [
        f"{one.replicas - fewer} replicas of {one.name} there"
        for one in there
        if (fewer := -(-over // one.each)) < one.replicas
    ][:1]
    return ", ".join([*ways, f"or a larger nutri:tier: {size(over)} more would do"])


def absences(services: Mapping[str, ServiceSettings]) -> list[str]:
    """Say how long a service is away while its only replica is replaced, a line each."""
    return [
        f"{name}: its roll-out stops the old container first: it is away for up to "
        f"{one.stopGrace + one.health.startPeriod + _ROLLED_BACK_SECONDS} s in every deploy "
        f"({one.stopGrace} s to stop, {one.health.startPeriod} s to start)"
        for name, one in services.items()
        if one.rollout == "stop-first" and one.replicas == 1
    ]

"""The budget of database connections: what all services open at most, and what the pooler has.

In transaction mode a client takes one of the pool's connections for as long as a transaction runs;
so all of them at work at once fit only when there are no more than the pool has. And the pooler
refuses clients beyond its limit, which also has to hold while replicas are replaced.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from clients.supabase import Pooler
    from config.service import ServiceSettings


@dataclass(frozen=True)
class Share:
    """What one variable of one service lets it open."""

    service: str
    variable: str
    replicas: int
    each: int
    words: str
    rolling: int
    """Containers more while its replicas are replaced: a new one comes before the old one goes."""

    @property
    def total(self) -> int:
        """Connections of all replicas."""
        return self.replicas * self.each

    @property
    def most(self) -> int:
        """Connections while one of them is replaced."""
        return (self.replicas + self.rolling) * self.each

    def __str__(self) -> str:
        """Its factors and what they come to."""
        return f"{self.service} {self.replicas} replicas x {self.words} = {self.total}"


def shares(services: Mapping[str, ServiceSettings]) -> list[Share]:
    """Return what each variable of each service takes of the pooler."""
    return [
        Share(name, key, one.replicas, form.most, form.sum, int(one.rollout == "start-first"))
        for name, one in services.items()
        for key, form in one.database.items()
        if form.most
    ]


def problems(services: Mapping[str, ServiceSettings], pooler: Pooler) -> list[str]:
    """Return why the services' connections do not fit the pooler: a line, or none."""
    found = shares(services)
    told = ", ".join(str(one) for one in found)
    size, clients = pooler.pool_size, pooler.max_clients
    total, most = sum(one.total for one in found), sum(one.most for one in found)
    if size is not None and total > size:
        why = f"{told}: {total} connections, and the pooler has {size} to the database"
        return [f"{_place(found)}: {why}; {_remedy(found, size)}"]
    if clients is not None and most > clients:
        why = (
            f"{told}; with one replica more of each during a roll-out {most} clients, and the "
            f"pooler takes {clients}"
        )
        return [f"{_place(found)}: {why}; {_remedy(found, clients, rolling=True)}"]
    return []


def _largest(found: Sequence[Share]) -> Share:
    return max(found, key=lambda one: one.total)


def _place(found: Sequence[Share]) -> str:
    one = _largest(found)
    return f"nutri:services.{one.service}.database.{one.variable}"


def _remedy(found: Sequence[Share], bound: int, *, rolling: bool = False) -> str:
    """What would fit: less of the largest share, or a larger pool."""
    one = _largest(found)
    needed = sum(each.most if rolling else each.total for each in found)
    left = bound - needed + (one.most if rolling else one.total)
    replicas = left // one.each - (one.rolling if rolling else 0)
    each = left // (one.replicas + (one.rolling if rolling else 0))
    ways = [
        *([f"at most {replicas} replicas of {one.service}"] if replicas >= 1 else []),
        *([f"at most {each} connections in each of its replicas"] if each >= 1 else []),
        f"or a pool of at least {needed} in Supabase's dashboard (Database, Settings)",
    ]
    return ", ".join(ways) + " would fit"

"""Brings together what several containers define, by Traefik's rule.

Services of one name are one service with all their servers if their settings are equal; routers
and middlewares of one name are kept if they are equal altogether. Anything else of one name is
dropped, for all: nobody can tell which of them is meant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from localcloud.coolify.proxy.labels import Container, LabelError, read
from localcloud.coolify.proxy.model import Configuration, Middleware, Router, Service

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_Item = TypeVar("_Item", Router, Service, Middleware)


@dataclass(frozen=True)
class Merged:
    """The configuration of all containers, and what was wrong with them."""

    configuration: Configuration
    problems: tuple[str, ...] = ()


def merge(containers: Iterable[Container]) -> Merged:
    """The configuration of the containers that ask to be routed to."""
    read_ones: list[Configuration] = []
    problems: list[str] = []
    for container in sorted(containers, key=lambda one: one.name):
        if not container.enabled:
            continue
        try:
            read_ones.append(read(container))
        except LabelError as error:
            problems.append(str(error))
    return Merged(
        Configuration(
            _united("Router", (one.routers for one in read_ones), _same, problems),
            _united("Service", (one.services for one in read_ones), _one_service, problems),
            _united("Middleware", (one.middlewares for one in read_ones), _same, problems),
        ),
        tuple(problems),
    )


def _united(
    kind: str,
    tables: Iterable[dict[str, _Item]],
    join: Callable[[_Item, _Item], _Item | None],
    problems: list[str],
) -> dict[str, _Item]:
    kept: dict[str, _Item] = {}
    dropped: set[str] = set()
    for table in tables:
        for name, item in table.items():
            joined = join(kept[name], item) if name in kept else item
            if joined is None:
                dropped.add(name)
            else:
                kept[name] = joined
    problems += [
        f"{kind} {name} defined multiple times with different configurations: it is left out"
        for name in sorted(dropped)
    ]
    return {name: item for name, item in kept.items() if name not in dropped}


def _same(one: _Item, other: _Item) -> _Item | None:
    return one if one == other else None


def _one_service(one: Service, other: Service) -> Service | None:
    if one.settings() != other.settings():
        return None
    return replace(one, servers=(*one.servers, *other.servers))

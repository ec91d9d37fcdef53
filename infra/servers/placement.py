"""Where a replica may run, and which replica runs where."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pulumi

T = TypeVar("T")


@dataclass(frozen=True)
class Placement:
    """A server as Coolify knows it."""

    number: int
    server: pulumi.Output[str]
    """Coolify's uuid."""
    ready: tuple[pulumi.Resource, ...]
    """What has to be done before a replica may come."""
    ssh: dict[str, Any]
    """How to reach it."""
    machine: pulumi.Output[str] | None = None
    """Hetzner's id of a machine that may be made anew; its replicas are deployed anew then."""


def chosen(number: int, places: Sequence[T]) -> T:
    """Return the place of a service's replica: in turn, so that each server has its share.

    A replica keeps its place while the number of servers stays.
    """
    return places[(number - 1) % len(places)]

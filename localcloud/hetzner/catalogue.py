"""Looking things up the way the API does: a number is an id, anything else a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeVar

from localcloud.hetzner.errors import InvalidInputError

if TYPE_CHECKING:
    from collections.abc import Iterable


class Named(Protocol):
    """Anything with an id and a name."""

    @property
    def id(self) -> int:
        """Its number."""

    @property
    def name(self) -> str | None:
        """Its name, where it has one."""


N = TypeVar("N", bound=Named)


def find(things: Iterable[N], key: int | str) -> N | None:
    """The thing with this id (also as a string of digits) or this name."""
    by_id = isinstance(key, int) or key.isdecimal()
    for thing in things:
        if (by_id and thing.id == int(key)) or (not by_id and thing.name == key):
            return thing
    return None


def require(things: Iterable[N], key: int | str, field: str) -> N:
    """The thing a field of a body names; raises InvalidInputError where there is none."""
    thing = find(things, key)
    if thing is None:
        noun = field.replace("_", " ")
        raise InvalidInputError(f"{noun} {str(key)!r} not found", {field: [f"{noun} not found"]})
    return thing

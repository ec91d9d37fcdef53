"""What was typed: the verb that runs just now, with its arguments."""

from __future__ import annotations

import inspect
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any, get_args, get_origin, get_type_hints

from typer.models import ArgumentInfo

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


@dataclass
class _Running:
    path: str = ""
    function: Callable[..., None] | None = None
    options: Mapping[str, object] = field(default_factory=dict)


_running = _Running()


def note(path: str, function: Callable[..., None], options: Mapping[str, object]) -> None:
    """Remember it; there is one at a time."""
    _running.path, _running.function, _running.options = path, function, options


def line() -> str:
    """The verb with its arguments, without options: 'runbook deploy nutri-backend good-2'."""
    if _running.function is None:
        return ""
    given = [_running.options.get(name) for name in _arguments(_running.function)]
    words = [str(word) for one in given if one is not None for word in _words(one)]
    return " ".join(["runbook", _running.path, *words])


def _words(value: object) -> list[object]:
    return list(value) if isinstance(value, (list, tuple)) else [value]


def _arguments(function: Callable[..., None]) -> list[str]:
    hints: dict[str, Any] = get_type_hints(inspect.unwrap(function), include_extras=True)
    return [
        name
        for name, hint in hints.items()
        if get_origin(hint) is Annotated
        and any(isinstance(one, ArgumentInfo) for one in get_args(hint))
    ]

"""One request of the API as its handler gets it, and the table row that leads there."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from localcloud.coolify.errors import InvalidRequestError

if TYPE_CHECKING:
    from localcloud.coolify.access import Token
    from localcloud.coolify.instance import Coolify

Fields = dict[str, Any]
_TRUE = {"1", "true", "on", "yes", True}


@dataclass(frozen=True)
class Reply:
    """What a handler answers when it is not a plain 200."""

    payload: Any
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Call:
    """An authenticated request."""

    coolify: Coolify
    token: Token
    path: Mapping[str, str]
    query: Mapping[str, str]
    content_type: str
    content: bytes

    def json(self) -> Fields:
        """The body of a create or update; raises InvalidRequestError unless it holds something."""
        if "/json" not in self.content_type and "+json" not in self.content_type:
            raise InvalidRequestError("Content-Type must be application/json.")
        parsed = _parsed(self.content)
        if not isinstance(parsed, dict | list) or not self.content.strip():
            raise InvalidRequestError("Invalid JSON.")
        if not parsed or not isinstance(parsed, dict):
            raise InvalidRequestError("Empty JSON.")
        return _object(trimmed(parsed))

    def input(self) -> Fields:
        """Query and body together, as actions take their options; never an error."""
        parsed = _parsed(self.content)
        body = parsed if isinstance(parsed, dict) else {}
        return _object(trimmed({**self.query, **body}))

    def flag(self, name: str, default: bool = False) -> bool:
        """A boolean option of an action, from query or body."""
        value = self.input().get(name)
        return default if value is None else truthy(value)


Handler = Callable[[Call], Any]


@dataclass(frozen=True)
class Endpoint:
    """One row of a noun's route table."""

    method: str
    path: str
    """Below /api/v1."""
    ability: str
    """read, write or deploy."""
    handler: Handler
    while_disabled: bool = False
    """Whether it answers while the API is switched off."""


def truthy(value: object) -> bool:
    """A boolean as a query string or JSON gives it."""
    return (value.lower() if isinstance(value, str) else value) in _TRUE


def trimmed(value: object) -> object:
    """Strings without outer whitespace, empty ones (but descriptions) as None, however deep."""
    if isinstance(value, str):
        return value.strip() or None
    if isinstance(value, dict):
        return {
            key: item.strip() if key == "description" and isinstance(item, str) else trimmed(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [trimmed(item) for item in value]
    return value


def _object(value: object) -> Fields:
    return cast("Fields", value)


def _parsed(content: bytes) -> object:
    try:
        return json.loads(content) if content.strip() else None
    except ValueError:
        return None

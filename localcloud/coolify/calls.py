"""What the API was asked, for tests that hold it to the vendor's document."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections import deque

    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECRET = frozenset({"value", "private_key", "custom_labels"})


class Recorder:
    """Keeps method, path, query, body and status of each request of the API."""

    def __init__(self, app: ASGIApp, calls: deque[dict[str, Any]]) -> None:
        self._app = app
        self._calls = calls

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, with a look at both sides."""
        if scope["type"] != "http" or not scope["path"].startswith("/api/v1/"):
            await self._app(scope, receive, send)
            return
        body, status = bytearray(), 0

        async def heard() -> Message:
            message = await receive()
            body.extend(message.get("body", b""))
            return message

        async def said(message: Message) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        await self._app(scope, heard, said)
        self._calls.append(
            {
                "method": scope["method"],
                "path": scope["path"].removeprefix("/api/v1"),
                "query": scope["query_string"].decode(),
                "status": status,
                "body": _plain(bytes(body)),
            }
        )


def _plain(body: bytes) -> object:
    try:
        return _masked(json.loads(body or b"null"))
    except ValueError:
        return None


def _masked(node: Any) -> Any:  # noqa: ANN401 - JSON
    """The same without what is nobody's to read."""
    if isinstance(node, list):
        return [_masked(one) for one in node]
    if isinstance(node, dict):
        return {key: "***" if key in _SECRET else _masked(one) for key, one in node.items()}
    return node

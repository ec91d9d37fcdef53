"""Whether Coolify can use a server, and having it look again."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from common.errors import OperatorError
from common.waiting import NotYetError, wait_until

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clients.coolify.client import Client

_SECONDS = 600  # Coolify installs Docker meanwhile


class UnusableServerError(OperatorError):
    """Coolify has looked at a server and cannot use it."""


def is_usable(server: Mapping[str, Any]) -> bool:
    """Whether Coolify reaches a server and puts containers there."""
    settings = server.get("settings") or server
    return bool(settings.get("is_reachable") and settings.get("is_usable"))


def _plain(logs: str) -> str:
    """Return the text of what Coolify writes in HTML, on one line."""
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", logs)).split())


@dataclass
class _Look:
    """One validation: the server as it was before tells an old failure from a new one."""

    client: Client
    uuid: str
    name: str
    before: Mapping[str, Any]
    began: bool = False

    def __call__(self) -> bool:
        server = self.client.get(f"/servers/{self.uuid}")
        if server.get("is_validating"):
            self.began = True
            raise NotYetError("Coolify is looking at it")
        if is_usable(server):
            return True
        logs = str(server.get("validation_logs") or "")
        if logs and (self.began or self._changed(server)):
            raise UnusableServerError(f"Coolify cannot use {self.name}: {_plain(logs)}")
        raise NotYetError(_plain(logs) or "it was not looked at yet")

    def _changed(self, server: Mapping[str, Any]) -> bool:
        return any(server.get(k) != self.before.get(k) for k in ("validation_logs", "updated_at"))


def validate(client: Client, uuid: str, name: str) -> None:
    """Have Coolify look at a server, and wait until it can use it.

    Raises:
        UnusableServerError: it cannot; the text says why.
        WaitTimeoutError: it has not said so in ten minutes.
    """
    look = _Look(client, uuid, name, client.get(f"/servers/{uuid}"))
    client.post(f"/servers/{uuid}/validate", {"install": True})
    wait_until(
        f"Coolify to take {name} into use",
        look,
        bound=_SECONDS,
        interval=0.5,
        max_interval=5,
        retry_on=NotYetError,
    )

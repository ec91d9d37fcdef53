"""Messages to people, to wherever Apprise can send: chat, mail, pager, webhook."""

from __future__ import annotations

import logging
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from common.errors import OperatorError
from runbook.stack import config_value

if TYPE_CHECKING:
    from collections.abc import Sequence

    import apprise

VARIABLE = "NUTRI_NOTIFY_URLS"
SETTING = "nutri:notifyUrls"


class NotifyError(OperatorError):
    """A message did not reach everyone it was for."""


@dataclass(frozen=True)
class Message:
    """What is told; `is_bad` colours it where that can be done."""

    title: str
    body: str
    is_bad: bool


def urls(stack: str | None) -> tuple[str, ...]:
    """The Apprise URLs of NUTRI_NOTIFY_URLS, else of the stack's secret `nutri:notifyUrls`."""
    text = os.environ.get(VARIABLE) or config_value(stack, SETTING) or ""
    return tuple(filter(None, re.split(r"[\s,]+(?=\w+://)|\s+", text.strip().strip("[]\"'"))))


class Notifier:
    """Sends messages to a fixed set of URLs, which stay secret."""

    def __init__(self, where: Sequence[str]) -> None:
        self._services = [_service(url, number) for number, url in enumerate(where, 1)]

    def __bool__(self) -> bool:
        return bool(self._services)

    def send(self, message: Message) -> None:
        """Send to all.

        Raises:
            NotifyError: names the kinds of service that did not take it, never their URLs.
        """
        import apprise  # noqa: PLC0415 - slow to import, and most verbs never send

        kind = apprise.NotifyType.FAILURE if message.is_bad else apprise.NotifyType.SUCCESS
        failed = [
            name
            for name, service in self._services
            if not service.notify(body=message.body, title=message.title, notify_type=kind)
        ]
        if failed:
            raise NotifyError(
                f"{len(failed)} of {len(self._services)} notifications were not delivered: "
                f"{', '.join(failed)}; check the URLs in {VARIABLE} or {SETTING}"
            )


def _service(url: str, number: int) -> tuple[str, apprise.Apprise]:
    import apprise  # noqa: PLC0415 - slow to import, and most verbs never send

    logging.getLogger("apprise").setLevel(logging.CRITICAL)  # its messages hold parts of the URL
    scheme = url.partition("://")[0] if "://" in url else "no scheme"
    service = apprise.Apprise()
    if not service.add(url):
        raise NotifyError(
            f"URL {number} of {VARIABLE} or {SETTING} is none that Apprise knows ({scheme}); "
            "right would be json://host/path, slack://..., mailto://..."
        )
    return f"{scheme} (number {number})", service

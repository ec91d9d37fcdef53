"""What people are told of maintenance; pure but for the sending."""

from __future__ import annotations

from typing import TYPE_CHECKING

from common.maintenance import Mode
from runbook import output
from runbook.notify import SETTING, VARIABLE, Message, Notifier, NotifyError, urls

if TYPE_CHECKING:
    from common.maintenance import Maintenance
    from common.target import Target


def announcement(target: Target, one: Maintenance, before: Maintenance) -> Message:
    """Before it."""
    instead = f"\nThis takes the place of {before.span()}." if before.mode is Mode.ANNOUNCED else ""
    return Message(
        f"Maintenance of {target.domain}: {one.span()}", _body(one) + instead, is_bad=False
    )


def beginning(target: Target, one: Maintenance) -> Message:
    """When the page is up."""
    return Message(
        f"Maintenance of {target.domain} has begun: {one.span()}", _body(one), is_bad=False
    )


def ending(target: Target, before: Maintenance) -> Message:
    """When the services serve again, or nothing comes of an announcement."""
    if before.mode is Mode.ANNOUNCED:
        title = f"Maintenance of {target.domain} is cancelled: {before.span()}"
        return Message(title, "It does not take place.", is_bad=False)
    title = f"Maintenance of {target.domain} is over"
    return Message(title, "The services answer again, and were checked.", is_bad=False)


def send(stack: str | None, message: Message) -> bool:
    """Tell people; whether that went well. Nobody to tell is said, and no failure."""
    try:
        notifier = Notifier(urls(stack))
        if not notifier:
            output.say(f"nobody was notified: neither {VARIABLE} nor {SETTING} is set")
            return True
        notifier.send(message)
    except NotifyError as error:
        output.say(str(error))
        return False
    output.say(f"notified: {message.title}")
    return True


def _body(one: Maintenance) -> str:
    about = f"\nServices: {', '.join(one.services)}" if one.services else ""
    return one.message + about

"""B1, S1: whether a server could be put back to how it was a few hours ago."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from common.duration import spoken

if TYPE_CHECKING:
    from clients.hetzner.client import Hetzner
    from clients.hetzner.models import Image

_REMEDY = "make one: `runbook snapshot create`"


def problem(api: Hetzner, server: int, hours: int) -> str | None:
    """Say what lacks; None when there is an image that is young enough and can be restored.

    Args:
        api: its clock is the one that counts.
        server: id.
        hours: age of the newest one, at most.

    Raises:
        HetznerError: the API does not tell.
    """
    found = api.server(server)
    taken = [image for image in api.images() if image.is_of(server)]
    if found is None:
        return f"there is no server {server}"
    fitting = [one for one in taken if one.is_usable and one.disk_size <= found.primary_disk_size]
    since = api.now - timedelta(hours=hours)
    if any(one.created >= since for one in fitting):
        return None
    newest = max(fitting, key=lambda one: one.created, default=None)
    wanted = f"{found.name} has no backup or snapshot of the last {hours} h to go back to"
    return f"{wanted} ({_told(api, newest)}); {_REMEDY}"


def _told(api: Hetzner, newest: Image | None) -> str:
    if newest is None:
        return "none at all that can be restored"
    return f"the newest is {spoken((api.now - newest.created).total_seconds())} old"

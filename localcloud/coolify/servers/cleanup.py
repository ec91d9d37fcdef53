"""Removing images: by night, by request, and with an application that stops or goes."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from localcloud.coolify.applications import models as applications
from localcloud.coolify.deploy import commands
from localcloud.coolify.remote.shell import RemoteError, checked
from localcloud.coolify.servers import models

if TYPE_CHECKING:
    import datetime as dt

    from localcloud.coolify.database import Database, Row
    from localcloud.coolify.instance import Coolify

_log = logging.getLogger(__name__)
_FIELDS = 5
_SHORTHANDS = {"hourly": "0 * * * *", "daily": "0 0 * * *", "weekly": "0 0 * * 0"}


def clean_up(coolify: Coolify, server: Row) -> None:
    """Remove images a server does not need."""
    try:
        checked(coolify.shell(server), commands.clean_up(_kept(coolify.db, server)))
    except RemoteError as error:
        _log.warning("clean-up of %s: %s", server["name"], error)


def clean_up_if_due(coolify: Coolify, now: dt.datetime) -> list[str]:
    """Clean up the servers whose time has come in this minute; returns their names."""
    found = []
    for server in models.every(coolify.db):
        settings = models.settings(coolify.db, server)
        if not is_due(settings["docker_cleanup_frequency"], now):
            continue
        if settings["force_docker_cleanup"] or _is_full(coolify, server, settings):
            clean_up(coolify, server)
            found.append(str(server["name"]))
    return found


def is_due(frequency: str, now: dt.datetime) -> bool:
    """Whether a cron expression of numbers and stars names this minute."""
    fields = _SHORTHANDS.get(frequency, frequency).split()
    values = (now.minute, now.hour, now.day, now.month, now.isoweekday() % 7)
    if len(fields) != _FIELDS:
        return False
    return all(field in {"*", str(value)} for field, value in zip(fields, values, strict=True))


def _kept(db: Database, server: Row) -> dict[str, int]:
    """Images to keep by repository; the application that wants the fewest decides."""
    none = models.settings(db, server)["disable_application_image_retention"]
    found: dict[str, int] = {}
    for app in models.resources(db, server):
        name = str(app["docker_registry_image_name"])
        wish = 0 if none else int(applications.settings(db, app)["docker_images_to_keep"])
        found[name] = min(found.get(name, wish), wish)
    return found


def _is_full(coolify: Coolify, server: Row, settings: Row) -> bool:
    try:
        used = checked(coolify.shell(server), commands.disk_used())
    except RemoteError:
        return False
    return int(used or 0) >= int(settings["docker_cleanup_threshold"])

"""What runs beside the web server from the container's start: migrate, seed, tidy, watch."""

from __future__ import annotations

import datetime as dt
import logging
import time
from typing import TYPE_CHECKING

from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from localcloud.coolify.boot.seeder import localhost, seed
from localcloud.coolify.boot.statuses import refresh
from localcloud.coolify.migrations import migrate
from localcloud.coolify.remote.shell import RemoteError
from localcloud.coolify.servers.checks import start_proxy_of
from localcloud.coolify.servers.cleanup import clean_up_if_due

if TYPE_CHECKING:
    from localcloud.coolify.instance import Coolify

_log = logging.getLogger(__name__)
_STATUS_SECONDS = 5.0
_DATABASE_SECONDS = 60.0


def boot(coolify: Coolify) -> None:
    """Everything the start does, in Coolify's order; health answers while this goes on.

    Raises:
        psycopg_pool.PoolTimeout: the database did not come up in time.
    """
    coolify.db.open(_DATABASE_SECONDS)
    for step in migrate(coolify.db, coolify.settings.version):
        _log.info("migrated %s", step)
    left = coolify.queue.fail_leftovers()
    if left:
        _log.warning("%d deployments of an earlier run marked failed", left)
    seed(coolify.db, coolify.settings)
    if coolify.settings.proxy_on_start:
        _start_local_proxy(coolify)


def watch(coolify: Coolify) -> None:
    """Keep the statuses of the applications fresh and clean up by night, for ever."""
    minute = ""
    while True:
        time.sleep(_STATUS_SECONDS)
        now = dt.datetime.now(dt.UTC)
        try:
            refresh(coolify)
            if f"{now:%H:%M}" != minute:
                clean_up_if_due(coolify, now)
            minute = f"{now:%H:%M}"
        except (RemoteError, OperationalError, PoolTimeout) as error:
            _log.warning("statuses: %s", error)


def _start_local_proxy(coolify: Coolify) -> None:
    server = localhost(coolify.db)
    if server is None:
        return
    try:
        start_proxy_of(coolify, server)
    except RemoteError as error:
        _log.error("the proxy did not start: %s", error)

"""Whether a server can be reached and used, and the proxy on it."""

from __future__ import annotations

import html
import logging
from typing import TYPE_CHECKING

from localcloud.coolify.boot.proxy import start_proxy
from localcloud.coolify.remote.shell import RemoteError, Shell, checked
from localcloud.coolify.servers import models

if TYPE_CHECKING:
    from localcloud.coolify.database import Row
    from localcloud.coolify.instance import Coolify

_log = logging.getLogger(__name__)
_PREPARE = """
docker network inspect coolify >/dev/null 2>&1 || docker network create --attachable coolify
"""


def validate_server(coolify: Coolify, server: Row) -> bool:
    """Reach the server, look at its Docker, start its proxy; notes and returns the outcome."""
    try:
        shell = coolify.shell(server)
        _check(shell)
        checked(shell, _PREPARE)
        start_proxy_of(coolify, server)
    except RemoteError as error:
        models.mark(coolify.db, server, up=False, logs=_told(error))
        _log.warning("server %s does not validate: %s", server["name"], error)
        return False
    models.mark(coolify.db, server, up=True, logs=None)
    return True


def _told(error: RemoteError) -> str:
    """The error as Coolify shows it: HTML."""
    return (
        "Server is not reachable. Please validate your configuration and connection.<br>Check this "
        '<a target="_blank" class="underline" href="https://docs.localcloud.test">documentation</a>'
        f" for further help. <br><br>Error: {html.escape(str(error))}"
    )


def start_proxy_of(coolify: Coolify, server: Row) -> None:
    """Start a server's proxy and note that it runs; raises RemoteError."""
    if str(server["proxy"].get("type")).upper() == "NONE":
        return
    saved = server["proxy"].get("configuration")
    start_proxy(coolify.shell(server), coolify.settings.registry, saved)
    coolify.db.update("servers", server["id"], {"proxy": {**server["proxy"], "status": "running"}})


def _check(shell: Shell) -> None:
    if shell.run("true").code != 0:
        raise RemoteError("Server is not reachable.")
    if shell.run("docker version >/dev/null 2>&1").code != 0:
        raise RemoteError("Docker Engine is not installed or does not answer.")

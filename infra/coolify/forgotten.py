"""Containers of an application that Coolify does not know any more: its database was restored.

They would serve on beside those of the application made anew, with a version that no deployment
changes.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from clients.coolify.errors import CoolifyNotFoundError
from clients.ssh import SshClient
from common.errors import OperatorError
from common.target import SshTarget

if TYPE_CHECKING:
    from collections.abc import Mapping

    from clients.coolify.client import Client

_SECONDS = 30.0
_SLACK_SECONDS = 60.0
_UUID = re.compile(r"[a-z0-9-]+")


def left(client: Client, way: Mapping[str, Any], name: str, uuid: str) -> list[str]:
    """Return the uuids that a server's containers of an application have, and nobody knows.

    Args:
        client: of Coolify.
        way: to the server, over SSH.
        name: of the application.
        uuid: that it has by now.
    """
    return [one for one in _running(way, name) if one != uuid and not _is_known(client, one)]


def remove(way: Mapping[str, Any], uuid: str, grace: float) -> None:
    """Stop and remove the containers of an application; they may end what is under way.

    Raises:
        OperatorError: they are still there.
    """
    own, each = f"--quiet --filter label=coolify.name={uuid}", "xargs --no-run-if-empty docker"
    command = (
        f"docker ps {own} | {each} stop --time {grace:.0f} && docker ps --all {own} | {each} rm"
    )
    with SshClient(SshTarget.of(way)) as ssh:
        done = ssh.run(command, timeout=grace + _SLACK_SECONDS, check=False)
    if done.code:
        raise OperatorError(
            f"containers of application {uuid}, which Coolify does not know any more, could not be "
            f"removed: {done.stderr.strip()}"
        )


def _running(way: Mapping[str, Any], name: str) -> list[str]:
    own = shlex.quote(f"label=coolify.resourceName={name}")
    command = (
        f"docker ps --all --filter label=coolify.managed=true --filter {own}"
        " --format '{{.Label \"coolify.name\"}}' | sort --unique"
    )
    with SshClient(SshTarget.of(way)) as ssh:
        listed = ssh.run(command, timeout=_SECONDS).stdout.split()
    return [one for one in listed if _UUID.fullmatch(one)]


def _is_known(client: Client, uuid: str) -> bool:
    try:
        client.get(f"/applications/{uuid}")
    except CoolifyNotFoundError:
        return False
    return True

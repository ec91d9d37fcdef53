"""Puts the parts of an instance together."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from localcloud.coolify.database import Database
from localcloud.coolify.deploy.job import Deployer
from localcloud.coolify.deployments.queue import DeploymentQueue
from localcloud.coolify.instance import Coolify
from localcloud.coolify.remote.ssh import SshShells

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.coolify.remote.shell import Shells
    from localcloud.coolify.settings import CoolifySettings


def build(
    settings: CoolifySettings,
    shells: Shells | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> Coolify:
    """An instance; `shells` other than SSH and a `sleep` that does not are for tests."""
    db = Database(settings.database_url)
    ways = shells or SshShells(db, settings.ssh_dir)
    deployer = Deployer(db, ways, settings, sleep)
    return Coolify(settings, db, ways, DeploymentQueue(db, deployer))

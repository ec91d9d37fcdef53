"""Puts the parts of an instance together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from localcloud.coolify.database import Database
from localcloud.coolify.deploy.job import Deployer
from localcloud.coolify.deployments.queue import DeploymentQueue
from localcloud.coolify.instance import Coolify
from localcloud.coolify.remote.ssh import SshShells

if TYPE_CHECKING:
    from localcloud.coolify.remote.shell import Shells
    from localcloud.coolify.settings import CoolifySettings


def build(settings: CoolifySettings, shells: Shells | None = None) -> Coolify:
    """An instance; `shells` other than SSH are for tests."""
    db = Database(settings.database_url)
    ways = shells or SshShells(db, settings.ssh_dir)
    return Coolify(settings, db, ways, DeploymentQueue(db, Deployer(db, ways, settings)))

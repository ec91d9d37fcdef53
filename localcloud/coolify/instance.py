"""The parts of one running Coolify, as the handlers of the API see them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from localcloud.coolify.database import Database, Row
    from localcloud.coolify.deployments.queue import DeploymentQueue
    from localcloud.coolify.remote.shell import Shell, Shells
    from localcloud.coolify.settings import CoolifySettings

_BACKGROUND_WORKERS = 8


@dataclass(frozen=True)
class Coolify:
    """Settings, state and the ways to the servers."""

    settings: CoolifySettings
    db: Database
    shells: Shells
    queue: DeploymentQueue
    background: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_BACKGROUND_WORKERS, "job")
    )
    """Runs what the real one hands to its job queue: stops, deletions, validations."""

    def shell(self, server: Row) -> Shell:
        """A shell on a managed server, by its row."""
        return self.shells.open(server)

"""Which deployment runs when: one at a time for an application, so many for a server."""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from localcloud.coolify.applications import models as applications
from localcloud.coolify.deployments import models
from localcloud.coolify.identifiers import new_public_id
from localcloud.coolify.servers import models as servers

if TYPE_CHECKING:
    from collections.abc import Callable

    from localcloud.coolify.database import Database, Row

_log = logging.getLogger(__name__)
_WORKERS = 16
_FULL = "Deployment queue is full. Please wait for existing deployments to complete."


@dataclass(frozen=True)
class Wanted:
    """A deployment somebody asks for."""

    application_id: int
    commit: str = "HEAD"
    force: bool = False
    at_once: bool = False
    """Start whatever else is running (instant_deploy)."""
    restart_only: bool = False
    rollback: bool = False


@dataclass(frozen=True)
class Added:
    """What became of it."""

    state: str
    """queued, skipped or queue_full."""
    message: str
    uuid: str
    """A fresh uuid in every case: of a skipped one, nothing will ever be found under it."""


@dataclass
class DeploymentQueue:
    """Keeps the queue's rules and runs what may run."""

    db: Database
    run: Callable[[int], None]
    """Runs a deployment by its number, to its end; never raises."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _workers: ThreadPoolExecutor = field(
        default_factory=lambda: ThreadPoolExecutor(_WORKERS, "deployment")
    )

    def add(self, wanted: Wanted) -> Added:
        """Queue a deployment and start it if it may start."""
        uuid = new_public_id()
        app = applications.by_id(self.db, wanted.application_id)
        with self._lock:
            if self._full(app["server_id"]):
                return Added("queue_full", _FULL, uuid)
            pressing = wanted.force or wanted.rollback or wanted.at_once
            if not pressing and self._twin(app, wanted.commit):
                return Added("skipped", "Deployment already queued for this commit.", uuid)
            row = self._insert(app, wanted, uuid)
            if wanted.at_once or self._may_start(row):
                self._start(row)
        return Added("queued", "Deployment queued.", uuid)

    def advance(self, server_id: int) -> None:
        """Start what has become possible on a server."""
        query = f"SELECT * FROM {models.TABLE} WHERE server_id = %s AND status = %s ORDER BY id"
        with self._lock:
            for row in self.db.all(query, (server_id, models.QUEUED)):
                if self._may_start(row):
                    self._start(row)

    def cancel(self, row: Row) -> bool:
        """Cancel a deployment that is queued or running; whether it was."""
        if not models.move(self.db, row["id"], models.CANCELLED, models.ACTIVE):
            return False
        models.log(self.db, row["id"], "Deployment cancelled by user via API.", "stderr")
        self.advance(row["server_id"])
        return True

    def cancel_all(self, application_id: int) -> None:
        """Cancel everything an application has in the queue."""
        query = f"SELECT * FROM {models.TABLE} WHERE application_id = %s AND status = ANY(%s)"
        for row in self.db.all(query, (str(application_id), list(models.ACTIVE))):
            self.cancel(row)

    def fail_leftovers(self) -> int:
        """Mark failed what an earlier run of the instance left in the queue; how many."""
        query = f"SELECT id FROM {models.TABLE} WHERE status = ANY(%s)"
        rows = self.db.all(query, (list(models.ACTIVE),))
        for row in rows:
            models.move(self.db, row["id"], models.FAILED, models.ACTIVE)
        return len(rows)

    def _full(self, server_id: int) -> bool:
        limit = servers.by_id(self.db, server_id)["deployment_queue_limit"]
        return self._count("server_id = %s AND status = %s", server_id, models.QUEUED) >= int(limit)

    def _twin(self, app: Row, commit: str) -> bool:
        condition = "application_id = %s AND commit = %s AND status = ANY(%s)"
        return self._count(condition, str(app["id"]), commit, list(models.ACTIVE)) > 0

    def _may_start(self, row: Row) -> bool:
        running = models.IN_PROGRESS
        if self._count("application_id = %s AND status = %s", row["application_id"], running):
            return False
        limit = servers.by_id(self.db, row["server_id"])["concurrent_builds"]
        busy = self._count("server_id = %s AND status = %s", row["server_id"], running)
        return busy < int(limit)

    def _start(self, row: Row) -> None:
        models.move(self.db, row["id"], models.IN_PROGRESS, (models.QUEUED,))
        self._workers.submit(self._work, row["id"], row["server_id"])

    def _work(self, deployment_id: int, server_id: int) -> None:
        try:
            self.run(deployment_id)
            self.advance(server_id)
        except Exception:  # noqa: BLE001 - the next deployment must not suffer
            _log.exception("deployment %s", deployment_id)

    def _insert(self, app: Row, wanted: Wanted, uuid: str) -> Row:
        server = servers.by_id(self.db, app["server_id"])
        place = f"/project/{app['project_uuid']}/environment/{app['environment_name']}"
        return self.db.insert(
            models.TABLE,
            {
                "application_id": str(app["id"]),
                "application_name": app["name"],
                "server_id": server["id"],
                "server_name": server["name"],
                "destination_id": str(app["destination_id"]),
                "deployment_uuid": uuid,
                "deployment_url": f"{place}/application/{app['uuid']}/deployment/{uuid}",
                "commit": wanted.commit,
                "force_rebuild": wanted.force,
                "restart_only": wanted.restart_only,
                "rollback": wanted.rollback,
                "is_api": True,
            },
        )

    def _count(self, condition: str, *values: object) -> int:
        query = f"SELECT count(*) FROM {models.TABLE} WHERE {condition}"
        return int(self.db.scalar(query, values))

"""Rows of the deployment queue and their log."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

    from localcloud.coolify.database import Database, Row

QUEUED = "queued"
IN_PROGRESS = "in_progress"
FINISHED = "finished"
FAILED = "failed"
CANCELLED = "cancelled-by-user"
ACTIVE = (QUEUED, IN_PROGRESS)
TABLE = "application_deployment_queues"


def by_uuid(db: Database, uuid: str) -> Row | None:
    """A deployment by uuid, or None."""
    return db.one(f"SELECT * FROM {TABLE} WHERE deployment_uuid = %s", (uuid,))


def by_id(db: Database, deployment_id: int) -> Row:
    """A deployment by its number."""
    row = db.one(f"SELECT * FROM {TABLE} WHERE id = %s", (deployment_id,))
    if row is None:
        raise LookupError(f"deployment {deployment_id} is gone")
    return row


def active(db: Database, team_id: int) -> list[Row]:
    """Queued and running deployments on a team's servers, in the database's own order."""
    return db.all(
        f"SELECT {TABLE}.* FROM {TABLE} JOIN servers ON servers.id = {TABLE}.server_id "
        f"WHERE {TABLE}.status = ANY(%s) AND servers.team_id = %s",
        (list(ACTIVE), team_id),
    )


def of_application(db: Database, application_id: int, skip: int, take: int) -> list[Row]:
    """An application's deployments, newest first."""
    query = f"SELECT * FROM {TABLE} WHERE application_id = %s ORDER BY id DESC OFFSET %s LIMIT %s"
    return db.all(query, (str(application_id), skip, take))


def count(db: Database, application_id: int) -> int:
    """How many deployments an application has had."""
    query = f"SELECT count(*) FROM {TABLE} WHERE application_id = %s"
    return int(db.scalar(query, (str(application_id),)))


def move(db: Database, deployment_id: int, status: str, expected: Sequence[str]) -> bool:
    """Change the status if it still is one of `expected`; whether it was."""
    finished = "now()" if status in {FINISHED, FAILED, CANCELLED} else "finished_at"
    query = (
        f"UPDATE {TABLE} SET status = %s, finished_at = {finished}, updated_at = now() "
        "WHERE id = %s AND status = ANY(%s)"
    )
    return db.execute(query, (status, deployment_id, list(expected))) == 1


def log(
    db: Database, deployment_id: int, line: str, kind: str = "stdout", *, hidden: bool = False
) -> None:
    """Add a line to a deployment's log."""
    now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with db.connection() as connection:
        row = connection.execute(
            f"SELECT logs FROM {TABLE} WHERE id = %s FOR UPDATE".encode(), (deployment_id,)
        ).fetchone()
        if row is None:
            return
        lines: list[dict[str, Any]] = json.loads(row["logs"] or "[]")
        entry = {
            "command": None,
            "output": line,
            "type": kind,
            "timestamp": now,
            "hidden": hidden,
            "batch": 1,
            "order": len(lines) + 1,
        }
        connection.execute(
            f"UPDATE {TABLE} SET logs = %s WHERE id = %s".encode(),
            (json.dumps([*lines, entry]), deployment_id),
        )


def shown(row: Row, *, secrets: bool) -> dict[str, Any]:
    """A deployment as the API shows it."""
    return {key: value for key, value in row.items() if secrets or key != "logs"}

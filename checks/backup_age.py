"""B1: the newest backup of a server, and how old it is by the API's own clock."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from checks.check import Check, lasting_servers
from checks.measure import Measure, Unit
from checks.verdict import Verdict, green, red
from common.duration import spoken

if TYPE_CHECKING:
    from checks.hetzner import BackupFacts
    from checks.observer import Observer
    from common.target import ServerTarget, Target

MOST_HOURS = 30
"""Daily, at any hour of a window of four, and a while to be made."""
_REMEDY = (
    "look at the server's backups in Hetzner's console, and ask their support, if they have "
    "stopped; a snapshot keeps the disk of today meanwhile"
)


def collect_backups(observer: Observer, server: ServerTarget) -> BackupFacts | None:
    """The server's backups, and the API's time; None when there is no such server."""
    facts = observer.server_facts(server)
    return observer.hetzner.backups(server.id, facts.created) if facts else None


def judge_backup_age(server: ServerTarget, facts: BackupFacts | None, target: Target) -> Verdict:
    """Green when the newest backup is young, or the server is too young to have one."""
    if facts is None:
        return red(f"the Hetzner API knows no server with id {server.id}", _REMEDY)
    if not target.expectations.backups:
        return green("no backups wanted, as configured")
    usable = [one.created for one in facts.backups if one.status == "available"]
    since = max([facts.server_created, *usable])
    age = facts.now - since
    what = "the newest backup" if usable else "no backup yet, and the server"
    text = f"{what} is {spoken(age.total_seconds())} old, {len(usable)} of 7 kept"
    verdict = green(text) if age <= timedelta(hours=MOST_HOURS) else red(text, _REMEDY)
    seconds = max(0.0, age.total_seconds())
    return verdict.measured(
        [Measure("backup age", server.name, seconds, Unit.SECONDS, MOST_HOURS * 3600.0)]
    )


BACKUP_AGE = Check(
    "backup-age",
    "B1",
    "a server backup of the last day",
    lasting_servers,
    collect_backups,
    judge_backup_age,
    proves_change=False,
)

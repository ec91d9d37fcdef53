"""E3, S3 and B2: the database's project, its connections, whether it may be written, backups."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from checks.agreed import agreed
from checks.check import Check
from checks.measure import Measure, Unit
from checks.variables import let_go
from checks.verdict import Verdict, green, red, unknown
from clients import postgres
from clients.supabase import NoSuchProjectError, Phase, Supabase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from checks.observer import Observer
    from clients.postgres import Sessions
    from clients.supabase import Backups, Pooler, Project
    from common.target import DatabaseTarget, ServiceTarget, Target

_POOLED_PORT = 6543
_DOCTOR = "run `runbook database doctor`"
_MOST_HOLDERS = 3
# A line a container that runs: its application, and its URL without user and password, or `-`.
LIST_URLS = (
    "ids=$(docker ps --quiet --no-trunc --filter label=coolify.name) || exit; "
    '[ -z "$ids" ] || docker inspect --format \'@{{index .Config.Labels "coolify.name"}}'
    "{{println}}{{range .Config.Env}}{{println .}}{{end}}' $ids | awk '"
    '/^@/ { if (one) print one, url; one = substr($0, 2); url = "-" } '
    '/^DATABASE_URL=/ { sub(/^DATABASE_URL=[a-z]*:\\/\\/([^@]*@)?/, ""); url = $0 } '
    "END { if (one) print one, url }'"
)


@dataclass(frozen=True)
class Pressure:
    """The connections in use; `refusal` says that none was left for the question itself."""

    sessions: Sessions | None
    pooler: Pooler | None
    refusal: str = ""


def managed(target: Target) -> Mapping[str, DatabaseTarget]:
    """The database whose project is known."""
    found = target.database
    return {found.project: found} if found and found.project and found.token else {}


def reachable(target: Target) -> Mapping[str, DatabaseTarget]:
    """The database whose URL is known."""
    found = target.database
    return {found.project or "database": found} if found and (found.url or found.direct_url) else {}


def users(target: Target) -> Mapping[str, ServiceTarget]:
    """The service that uses the database."""
    found = target.database
    if not found or not found.url:
        return {}
    return {one.name: one for one in target.services if one.name == found.service}


def collect_status(observer: Observer, database: DatabaseTarget) -> Project | None:
    """The project; None when there is none."""
    try:
        return Supabase.of(database, observer.trust).project()
    except NoSuchProjectError:
        return None


def judge_status(database: DatabaseTarget, project: Project | None, _target: Target) -> Verdict:
    """Green when it is active and healthy."""
    if project is None:
        return red(
            f"Supabase knows no project {database.project}",
            "was it deleted? Restore the newest dump to a new one: see docs/database.md",
        )
    if project.phase is Phase.ACTIVE:
        return green(f"{project.name} in {project.region} is {project.status}")
    said = f"{project.name} is {project.status}"
    if project.phase is Phase.PAUSED:
        return red(
            f"{said}: Supabase has paused it, and the database does not answer",
            f"{_DOCTOR}: it restores the project and waits, which takes two to five minutes",
        )
    if project.phase is Phase.CHANGING:
        return red(f"{said}: not ready yet", f"wait some minutes, or {_DOCTOR}, which waits")
    return red(said, f"see status.supabase.com and the project's dashboard, then {_DOCTOR}")


def collect_pressure(observer: Observer, database: DatabaseTarget) -> Pressure:
    """Who is connected, and the pool's size where Supabase tells it."""
    pooler = (
        Supabase.of(database, observer.trust).pooler()
        if database.project and database.token
        else None
    )
    url = database.direct_url or database.url
    try:
        found = observer.sessions(url.get_secret_value() if url else "")
    except postgres.FullError as error:
        return Pressure(None, pooler, str(error))
    return Pressure(found, pooler)


def judge_pressure(database: DatabaseTarget, pressure: Pressure, _target: Target) -> Verdict:
    """Green while enough connections are left, in the pool and in the database."""
    remedy = (
        "`runbook database doctor --end-stuck`: it shows who holds them, ends what has sat in a "
        "transaction for a minute, and restarts the services; if it comes back, lower "
        "what they open (`database` in app.yaml), or enlarge the pool in Supabase's dashboard"
    )
    if pressure.sessions is None:
        return red(pressure.refusal, remedy)
    measures = list(_measures(pressure.sessions, pressure.pooler, database.pool_share))
    said = ", ".join(_in_words(one, pressure) for one in measures)
    over = [one for one in measures if one.is_over]
    if not over:
        return green(said).measured(measures)
    word = "exhausted" if any(one.value >= 1 for one in over) else "nearly exhausted"
    return red(f"{word}: {said}; held by {holders(pressure.sessions)}", remedy).measured(measures)


def holders(found: Sessions) -> str:
    """Who holds the connections, the most first."""
    counted = Counter(
        (one.application or one.user, one.client, one.state) for one in found.busy or found.all
    )
    told = [
        f"{name}{f' at {client}' if client else ''} ({count}, {state or 'unknown'})"
        for (name, client, state), count in counted.most_common(_MOST_HOLDERS)
    ]
    more = len(counted) - _MOST_HOLDERS
    return ", ".join(told) + (f" and {more} more" if more > 0 else "")


def _measures(found: Sessions, pooler: Pooler | None, limit: float) -> list[Measure]:
    shares = {"database": len(found.all) / found.limit}
    if pooler and pooler.pool_size:
        shares["pool"] = len(found.busy) / pooler.pool_size
    return [
        Measure("connections", label, share, Unit.SHARE, limit) for label, share in shares.items()
    ]


def _in_words(measure: Measure, pressure: Pressure) -> str:
    if measure.label == "pool" and pressure.pooler and pressure.sessions:
        return f"{len(pressure.sessions.busy)} of the pool's {pressure.pooler.pool_size} at work"
    assert pressure.sessions  # noqa: S101 - there is no measure without
    return f"{len(pressure.sessions.all)} of the database's {pressure.sessions.limit} connections"


def collect_writes(observer: Observer, database: DatabaseTarget) -> bool:
    """Whether new connections may only read."""
    url = database.direct_url or database.url
    return observer.sessions(url.get_secret_value() if url else "").read_only


def judge_writes(_database: DatabaseTarget, read_only: bool, _target: Target) -> Verdict:
    """Green when the app may write."""
    if not read_only:
        return green("writes are allowed")
    return red(
        "writes are stopped: the database is read-only",
        "`runbook database doctor --allow-writes` is the way back, once it is known who stopped "
        "them and why",
    )


def collect_urls(observer: Observer, service: ServiceTarget) -> dict[str, str]:
    """The database's URL of each replica that runs, without user and password; empty: none."""
    lines = [
        line.split(maxsplit=1)
        for server in observer.target.servers
        for line in observer.ssh(server).run(LIST_URLS).stdout.splitlines()
    ]
    return {
        application: "" if url == "-" else f"//{url}"
        for application, url in lines
        if application in service.applications
    }


def judge_urls(service: ServiceTarget, urls: dict[str, str], target: Target) -> Verdict:
    """Green when each replica that runs goes through the pooler, with its limit."""
    if not urls:
        return unknown("no replica runs that could be asked", "see `runbook check containers`")
    database = target.database
    wanted = _place(database.url.get_secret_value()) if database and database.url else ("", 0, "")
    faults = {
        number: fault
        for number, application in enumerate(service.applications, 1)
        if application in urls and (fault := _fault(urls[application], wanted))
    }
    if faults:
        told = "; ".join(f"replica {number} {fault}" for number, fault in faults.items())
        return red(told, f"let go what was set by hand: {agreed(let_go(service, [*faults]))}")
    host, port, limit = wanted
    return green(f"{len(urls)} replicas on {host}:{port}, {limit} connections each at most")


def _fault(url: str, wanted: tuple[str, int, str]) -> str | None:
    if not url:
        return "has no DATABASE_URL"
    host, port, limit = _place(url)
    if port != _POOLED_PORT or parse_qs(urlsplit(url).query).get("pgbouncer") != ["true"]:
        return f"goes past the pooler, to {host}:{port}"
    if (host, limit) != (wanted[0], wanted[2]):
        return (
            f"has {host} with {limit or 'no'} connections at most instead of "
            f"{wanted[0]} with {wanted[2]}"
        )
    return None


def _place(url: str) -> tuple[str, int, str]:
    parts = urlsplit(url)
    (limit,) = parse_qs(parts.query).get("connection_limit", [""])
    return parts.hostname or "", parts.port or 5432, limit


def collect_backups(observer: Observer, database: DatabaseTarget) -> Backups:
    """Those that Supabase lists."""
    return Supabase.of(database, observer.trust).backups()


def judge_backups(database: DatabaseTarget, backups: Backups, target: Target) -> Verdict:
    """Green when the newest is young, and a plan with point-in-time recovery really has it."""
    dump = "a dump of our own keeps the data meanwhile (docs/dumps.md)"
    newest, now = backups.newest, datetime.now(UTC)
    if newest is None:
        return red(
            "Supabase lists no complete backup of the database",
            f"does the plan have backups? See the dashboard (Database, Backups), and {dump}",
        )
    age = now - newest
    said = f"{len(backups.backups)} listed, the newest {_hours(age)} old"
    if age > timedelta(hours=database.backup_hours):
        return red(
            f"{said}, more than {database.backup_hours} h",
            f"ask Supabase's support why there is no newer one, and {dump}",
        )
    if not backups.pitr_enabled:
        return green(
            f"{said}; no point-in-time recovery in this plan: what is lost at most is what came"
            f" since the newest {'dump or backup' if target.dumps else 'backup'}"
        )
    window = backups.window
    if not window or not window.earliest or not window.latest:
        return red(f"{said}; point-in-time recovery is on, and has no moment to offer", dump)
    behind = now - datetime.fromtimestamp(window.latest, UTC)
    if behind > timedelta(hours=database.backup_hours):
        return red(f"{said}; point-in-time recovery is {_hours(behind)} behind", dump)
    earliest = datetime.fromtimestamp(window.earliest, UTC)
    return green(f"{said}; any moment since {earliest:%Y-%m-%d %H:%M} UTC can be had")


def _hours(age: timedelta) -> str:
    return f"{max(0.0, age.total_seconds()) / 3600:.0f} h"


STATUS = Check(
    "database-status",
    "E3",
    "the database's project is active",
    managed,
    collect_status,
    judge_status,
)
POOL = Check(
    "pool",
    "S3",
    "connections are left",
    reachable,
    collect_pressure,
    judge_pressure,
    proves_change=False,
)
WRITES = Check(
    "database-writes",
    "E3",
    "writes are allowed",
    reachable,
    collect_writes,
    judge_writes,
    proves_change=False,
)
POOLED_URL = Check(
    "pooled-url", "S3", "the app goes through the pooler", users, collect_urls, judge_urls
)
DATABASE_BACKUPS = Check(
    "database-backups",
    "B2",
    "Supabase backs the database up",
    managed,
    collect_backups,
    judge_backups,
    proves_change=False,
)

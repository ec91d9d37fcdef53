"""Every check is green in a whole world and not in one that is broken on purpose."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest

from checks import CHECKS, Status, select
from clients.postgres import DatabaseError, FullError
from clients.ssh import (
    CommandTimeoutError,
    HostKeyMismatchError,
    Result,
    SshPermissionDeniedError,
    SshTimeoutError,
)
from common.changes import Change, Op
from common.fingerprint import fingerprint
from common.maintenance import Maintenance, Mode
from tests.unit.checks.conftest import (
    COOLIFY_TOKEN,
    GIVEN,
    RECORDED,
    URL,
    backup,
    project,
    sessions,
    supabase_backups,
)
from tests.unit.checks.redis_server import RedisPlan

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from tests.unit.checks.conftest import World


@dataclass(frozen=True)
class Breakage:
    """How a world is broken, and what the check must then say."""

    name: str
    fields: dict[str, Any]
    says: str
    status: Status = Status.RED


def _changed(name: str, says: str, status: Status = Status.RED, **fields: object) -> Breakage:
    return Breakage(name, fields, says, status)


def _setup(name: str, says: str, **parts: str) -> Breakage:
    return Breakage(name, {"setup": parts}, says)


_UPDATES = (
    'APT::Periodic::Unattended-Upgrade "1";\nUnattended-Upgrade::Automatic-Reboot "false";\n'
    "unattended-upgrades installed\n"
)
_MACHINE = {"container": "none", "swap": "4294963200", "clock": "yes"}
_SETUPS = [
    _setup("no swap", "swap of 0.0 GiB instead of 4", **_MACHINE | {"swap": ""}),
    _setup("no clock", "the clock is not kept by NTP", **_MACHINE | {"clock": "no"}),
    _setup("the kernel of before", "vm.swappiness is 60", **_MACHINE, kernel="vm.swappiness = 60"),
    _setup("short queues", "net.core.somaxconn is 4096", kernel="net.core.somaxconn = 4096"),
    _setup("few files", "may open 1024 files instead of 65535", files="1024"),
    _setup("no updates", "unattended-upgrades is not installed", updates=""),
    _setup(
        "no timer",
        "not installed by themselves",
        updates=_UPDATES.replace('Upgrade "1"', 'Upgrade "0"'),
    ),
    _setup("reboots", "may reboot the server by itself", updates=_UPDATES.replace("false", "true")),
    _setup("passwords", "sshd has PasswordAuthentication yes", sshd="passwordauthentication yes"),
    _setup("a journal without bound", "the journal may fill the disk", journal=""),
    _setup("logs without bound", "logs of containers may fill the disk", docker="{}"),
    _setup("no tools", "tools are missing: htop, jq", tools="htop\njq"),
    _changed("no SSH", "could not be collected", Status.UNKNOWN, ssh_failure=SshTimeoutError("no")),
]
_PASSPHRASES = [
    _changed("the local stack's", "it is 'local'", passphrase="local"),
    _changed("a short one", "it has 6 characters", passphrase="sesame"),
    _changed("none", "the environment has none", Status.UNKNOWN, passphrase=None),
]
_TIMER = "timers/nutri-dump.timer"


def _dumps(
    name: str, says: str, changes: Mapping[str, object], status: Status = Status.RED
) -> Breakage:
    return Breakage(name, {"dumps": changes}, says, status)


def _redis(name: str, says: str, **plan: Any) -> Breakage:  # noqa: ANN401 - fields of a plan
    return Breakage(name, {"redis": RedisPlan(**plan)}, says)


def _server(**changes: object) -> dict[str, object]:
    whole: dict[str, object] = {
        "status": "running",
        "server_type": {"name": "cx33", "cores": 4, "memory": 8},
        "primary_disk_size": 80,
        "public_net": {"ipv4": {"ip": "127.0.0.1"}},
        "protection": {"delete": True, "rebuild": True},
        "backup_window": "22-02",
        "created": "2026-01-01T00:00:00+00:00",
    }
    return whole | changes


def _size(cores: str = "0-3", memory: int = 7941000, disk: int = 78620712) -> str:
    told = f"@@ cores\n{cores}\n@@ memory\nMemTotal: {memory} kB\n"
    return f"{told}@@ disk\n/dev/sda1 {disk} 1 1 1% /\n@@ container\nnone\n"


def _containers(*changes: dict[str, str]) -> list[dict[str, str]]:
    names = ["app-a", "app-b", "app-ml"]
    images = {"app-ml": "registry/ml:good-1"}
    rows = [
        {
            "id": name,
            "name": f"{name}-1",
            "image": images.get(name, "registry/backend:good-1"),
            "state": "running",
            "status": "Up 1 minute (healthy)",
            "application": name,
        }
        for name in names
    ]
    return [
        row | next((c for c in changes if c["application"] == row["application"]), {})
        for row in rows
    ]


def _log(request: tuple[str, int, float], times: int) -> list[str]:
    path, status, duration = request
    fields = {"msg": "request_completed", "method": "GET", "path": path}
    text = json.dumps(fields | {"statusCode": status, "duration_ms": duration})
    return [f"2026-01-01T00:00:00.{number:03}Z {text}" for number in range(times)]


def _stats(cpu: str, memory: str, name: str = "app-x") -> str:
    row = {"ID": name[:12], "Name": name, "CPUPerc": cpu, "MemPerc": memory}
    return json.dumps(row | {"MemUsage": "1MiB / 1GiB"}) + "\n"


def _life(**changes: object) -> str:
    started = datetime.now(UTC).isoformat().replace("+00:00", "123Z")
    row = {"id": "app-x", "name": "/app-x", "restarts": 0, "started": started, "running": True}
    return json.dumps(row | {"oom_killed": False, "memory_limit": 0} | changes) + "\n"


def _df(total: int, used: int) -> str:
    return f"Filesystem 1 2 3 4 Mounted on\n/dev/sda1 {total} {used} {total - used} 0% /"


def _token(**changes: object) -> dict[str, object]:
    return {"abilities": ["root"], "age": 12.5, "left": None} | changes


def _behind(hours: int) -> dict[str, int]:
    now = int(datetime.now(UTC).timestamp())
    return {
        "earliest_physical_backup_date_unix": now - 600_000,
        "latest_physical_backup_date_unix": now - hours * 3600 - 60,
    }


_listed = supabase_backups
_AT = URL.partition("@")[2]
_SAME = Change(Op.SAME, "hcloud:index/server:Server", "server")
_FIREWALL = Change(Op.UPDATE, "x", "firewall", changed=frozenset({"rules", "labels"}))
_OOM_LINE = (RECORDED / "oom.txt").read_text()
_KILLED = _OOM_LINE.partition("task_memcg=/docker/")[2].partition(",")[0]
_NO_TOKEN = _changed("the token is refused", "refuses the token", Status.UNKNOWN, hetzner_code=401)
_STRANGE = _changed(
    "an answer of another kind", "does not answer as the Hetzner API", Status.UNKNOWN, server={}
)
_GONE = _changed("the server is gone", "knows no server with id 42", hetzner_code=404)
_NO_SSH = _changed(
    "no SSH", "could not be collected", Status.UNKNOWN, ssh_failure=SshTimeoutError("no answer")
)


def _maintenance(mode: str, hours: float = 0.0) -> Maintenance:
    """Of the API alone, as in the world; it began `hours` ago and takes two of them."""
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=hours)
    return Maintenance(
        mode=Mode(mode),
        start=start,
        end=start + timedelta(hours=2),
        services=("nutri-backend",),
    )


BROKEN_WORLDS: dict[str, list[Breakage]] = {
    "server": [
        _changed("it is off", "status is off", server=_server(status="off")),
        _changed(
            "another type",
            "cx43 instead of cx33",
            server=_server(server_type={"name": "cx43", "cores": 8, "memory": 16}),
        ),
        _changed(
            "another address",
            "10.0.0.9 instead of 127.0.0.1",
            server=_server(public_net={"ipv4": {"ip": "10.0.0.9"}}),
        ),
        _changed("no address", "IPv4 is none", server=_server(public_net={"ipv4": None})),
        _GONE,
        _NO_TOKEN,
        _STRANGE,
        _changed("a rate limit", "limits our rate", Status.UNKNOWN, hetzner_code=429),
        _changed("an outage of the API", "HTTP 500", Status.UNKNOWN, hetzner_code=500),
    ],
    "backup-age": [
        _changed("they have stopped", "is 1 d 7 h", backups=[backup(55), backup(31)]),
        _changed("one is never done", "backup is 2 d", backups=[backup(48), backup(1, "creating")]),
        _changed("there is none", "no backup yet, and the server is", backups=[]),
        _changed("backups of another kind", "does not answer as", Status.UNKNOWN, backups=[{}]),
        _GONE,
        _NO_TOKEN,
        _STRANGE,
    ],
    "backups": [
        _changed("they are off", "backups are off", server=_server(backup_window=None)),
        _GONE,
        _NO_TOKEN,
    ],
    "database-status": [
        _changed("it is paused", "Supabase has paused it", project=project(status="INACTIVE")),
        _changed("it comes up", "not ready yet", project=project(status="COMING_UP")),
        _changed("it is ill", "is ACTIVE_UNHEALTHY", project=project(status="ACTIVE_UNHEALTHY")),
        _changed("a status of later", "is NAPPING", project=project(status="NAPPING")),
        _changed("it is gone", "knows no project nutrinutri", supabase_code=404),
        _changed("the token is refused", "refuses", Status.UNKNOWN, supabase_code=401),
        _changed("a rate limit", "limits our rate", Status.UNKNOWN, supabase_code=429),
        _changed("an outage of the API", "HTTP 503", Status.UNKNOWN, supabase_code=503),
        _changed("another answer", "does not answer as", Status.UNKNOWN, project={}),
    ],
    "pool": [
        _changed(
            "no connection is left",
            "no connection left",
            sessions=FullError("pooler.test has no connection left: FATAL"),
        ),
        _changed(
            "the pool is exhausted",
            "exhausted: 15 of the database's 57 connections, 15 of the pool's 15 at work; held by "
            "backend at 100.64.0.3 (15, idle in transaction)",
            sessions=sessions(15),
        ),
        _changed("nearly", "nearly exhausted", sessions=sessions(12)),
        _changed("the database is nearly full", "nearly exhausted", sessions=sessions(0, 50)),
        _changed(
            "no answer",
            "does not answer",
            Status.UNKNOWN,
            sessions=DatabaseError("the database at pooler.test does not answer: refused"),
        ),
        _changed("no pool is told", "limits our rate", Status.UNKNOWN, supabase_code=429),
    ],
    "redis": [
        _redis("it is down", "from nutri-1: it cannot be reached (", is_up=False),
        _redis("no such name", "its name does not resolve (", host="cache.invalid"),
        _redis("another password", "it does not let us in (WRONGPASS", password="other"),
        _redis("no TLS there", "no TLS that we trust (", tls=False),
        _redis("TLS alone there", "it does not let us in (", asked_for_tls=False),
        _redis("another's certificate", "no TLS that we trust (", certified="other.test"),
        _redis("it is starting", "LOADING Redis is loading", loading=True),
        _redis(
            "full",
            "95% of its memory is in use (limit 90%, policy noeviction)",
            info={"used_memory": 95, "maxmemory": 100, "maxmemory_policy": "noeviction"},
        ),
        _redis(
            "keys thrown out",
            "7 keys were thrown out for lack of memory since its start 10 days ago (policy allkeys",
            info={
                "evicted_keys": 7,
                "uptime_in_seconds": 864_000,
                "maxmemory_policy": "allkeys-lru",
            },
        ),
        _changed("odd words", "does not tell of Redis", Status.UNKNOWN, redis_says="python3: no"),
        _NO_SSH,
    ],
    "database-writes": [
        _changed("they are stopped", "writes are stopped", sessions=sessions(2, read_only=True)),
        _changed(
            "no answer",
            "does not answer",
            Status.UNKNOWN,
            sessions=DatabaseError("the database at pooler.test does not answer: refused"),
        ),
    ],
    "proxy-files": [
        _changed(
            "a broken file",
            "cannot read /data/coolify/proxy/dynamic/theirs.yaml: field not found",
            proxy_files="@@ files\n1796071000.5 theirs.yaml\n@@ said\n"
            "2026-11-30T20:37:44.123456789Z ERR Error occurred during watcher callback "
            'error="/traefik/dynamic/theirs.yaml: field not found, node: x" providerName=file\n'
            "@@ kept\n",
        ),
        _changed(
            "a drain that nobody keeps",
            "a file that nobody keeps: nutri-drain-nutri-backend.yaml",
            proxy_files="@@ files\n1.5 nutri-drain-nutri-backend.yaml\n@@ said\n@@ kept\n",
        ),
        _NO_SSH,
    ],
    "pooled-url": [
        _changed(
            "a replica has none", "replica 2 has no DATABASE_URL", urls=[f"app-a {_AT}", "app-b -"]
        ),
        _changed("none runs", "no replica runs", Status.UNKNOWN, urls=[]),
        _changed(
            "past the pooler",
            "replica 1 goes past the pooler, to pooler.test:5432",
            urls=[f"app-a {_AT.replace('6543', '5432')}", f"app-b {_AT}"],
        ),
        _changed(
            "without pgbouncer=true",
            "replica 1 goes past",
            urls=[f"app-a {_AT.replace('pgbouncer=true&', '')}", f"app-b {_AT}"],
        ),
        _changed(
            "another limit",
            "with 50 connections at most instead of pooler.test with 5",
            urls=[f"app-a {_AT.replace('limit=5', 'limit=50')}", f"app-b {_AT}"],
        ),
        _NO_SSH,
    ],
    "database-backups": [
        _changed(
            "they stopped",
            "the newest 40 h old, more than 26",
            supabase_backups=_listed(40),
        ),
        _changed("there is none", "no complete backup", supabase_backups=_listed(1, backups=[])),
        _changed("it failed", "no complete", supabase_backups=_listed(1, status="FAILED")),
        _changed(
            "no moment to offer",
            "no moment to offer",
            supabase_backups=_listed(1, physical_backup_data={}),
        ),
        _changed(
            "recovery is behind",
            "is 48 h behind",
            supabase_backups=_listed(1, physical_backup_data=_behind(48)),
        ),
        _changed("the token is refused", "refuses", Status.UNKNOWN, supabase_code=403),
    ],
    "size": [
        _changed("half the cores", "2 cores instead of 4", size=_size(cores="0,2")),
        _changed("half the memory", "4.0 GiB of memory instead of 8", size=_size(memory=4194304)),
        _changed("a small disk", "a disk of 38 GiB instead of 80", size=_size(disk=40000000)),
        _changed("odd words", "in another form", Status.UNKNOWN, size="@@ cores\nx\n"),
        _GONE,
        _NO_SSH,
        _NO_TOKEN,
    ],
    "docker": [
        _changed(
            "it is stopped",
            "does not answer: Cannot connect",
            docker=Result("", "x\nCannot connect to the Docker daemon", 1),
        ),
        _changed("it hangs", "it says nothing", docker=Result("", "", 124)),
        _NO_SSH,
    ],
    "hetzner-token": [
        _changed("it may only read", "may only read", write_code=403),
        _changed("it is refused", "refuses the token", Status.UNKNOWN, write_code=401),
        _changed("an outage of the API", "HTTP 503", Status.UNKNOWN, write_code=503),
    ],
    "coolify-token": [
        _changed("unknown to Coolify", "does not know", token=None),
        _changed("it may only read", "may only read, and", token=_token(abilities=["read"])),
        _changed("it may nothing", "do nothing", token=_token(abilities=[])),
        _changed("it ends soon", "ends in 3 days", token=_token(left=3.2)),
        _changed("it is old", "is 400 days old (limit 365)", token=_token(age=400.2)),
        _changed("another form", "another form", Status.UNKNOWN, token={"abilities": 1}),
        _NO_SSH,
    ],
    "passphrase": _PASSPHRASES,
    "baseline": _SETUPS,
    "drift": [
        _changed(
            "a resource differs",
            "1 of 2 resources differ from the program: firewall (update: labels, rules)",
            drift=[_FIREWALL, _SAME],
        ),
        _changed("a resource is gone", "server (create)", drift=[Change(Op.CREATE, "x", "server")]),
        _changed("an empty preview", "no resource at all", Status.UNKNOWN, drift=[]),
        _changed("no engine", "can ask the engine", Status.UNKNOWN, drift=None),
    ],
    "protection": [
        _changed(
            "none",
            "against deletion and rebuild",
            server=_server(protection={"delete": False, "rebuild": False}),
        ),
        _changed(
            "half of it",
            "against rebuild",
            server=_server(protection={"delete": True, "rebuild": False}),
        ),
        _GONE,
    ],
    "ssh-port": [
        _changed("shut to us", "is refused, though 127.0.0.1 is in", ssh_is_up=False),
        _changed("open to us", "is open to 127.0.0.1", ssh_networks=("192.0.2.0/24",)),
        _changed("open though nobody may", "no network at all", ssh_networks=()),
    ],
    "open-ports": [_changed("the proxy is down", "(refused)", web_is_up=False)],
    "proxy-api": [_changed("it answers", "everybody reads the proxy's routes", proxy_api=200)],
    "shut-ports": [_changed("one is exposed", "open to the world", exposed=True)],
    "ssh": [
        _changed(
            "another host key", "another key", ssh_failure=HostKeyMismatchError("another key")
        ),
        _changed("our key is refused", "denied", ssh_failure=SshPermissionDeniedError("denied")),
        _changed("silence", "no answer", ssh_failure=SshTimeoutError("no answer")),
        _changed("it hangs", "did not end", ssh_failure=CommandTimeoutError("did not end")),
    ],
    "coolify": [
        _changed("it is down", "does not answer on the server's port 8000", coolify_is_up=False),
        _changed("another version", "4.3.11 instead of 4.3.10", coolify_answer="4.3.11"),
        _changed("the token is unknown", "does not know", coolify_code=401),
        _changed(
            "its API is off",
            "API is disabled",
            coolify_code=403,
            coolify_answer='{"success": true, "message": "API is disabled."}',
        ),
        _changed("it fails", "HTTP 500", coolify_code=500),
        _NO_SSH,
    ],
    "dns": [
        _changed(
            "another address",
            "leads to 127.0.0.9 instead of 127.0.0.1",
            addresses={"api.nutri.test": "127.0.0.9", "ml.nutri.test": "127.0.0.1"},
        ),
        _changed("no such name", "no such name", addresses={"ml.nutri.test": "127.0.0.1"}),
        _changed("no A record", "no A record", addresses={"api.nutri.test": ""}),
    ],
    "certificate": [],
    "containers": [
        _changed(
            "a replica is dead",
            "nutri-backend-2 has no running container (Exited (137) 1 minute ago)",
            containers=_containers(
                {"application": "app-b", "state": "exited", "status": "Exited (137) 1 minute ago"}
            ),
        ),
        _changed(
            "a replica is gone",
            "nutri-backend-1 has no running container",
            containers=_containers()[1:],
        ),
        _changed(
            "unhealthy",
            "not healthy",
            containers=_containers({"application": "app-b", "status": "Up 1 minute (unhealthy)"}),
        ),
        _changed(
            "still starting",
            "health: starting",
            containers=_containers(
                {"application": "app-a", "status": "Up 1 second (health: starting)"}
            ),
        ),
        _changed(
            "no health check",
            "not healthy: Up 1 minute",
            containers=_containers({"application": "app-a", "status": "Up 1 minute"}),
        ),
        _changed(
            "an old image",
            "backend:good-0 instead of registry/backend:good-1",
            containers=_containers({"application": "app-a", "image": "registry/backend:good-0"}),
        ),
        _changed(
            "the old one was not removed",
            "nutri-backend-1 has 2 running containers",
            containers=[*_containers(), _containers()[0]],
        ),
        _changed(
            "Docker answers strangely", "as asked", Status.UNKNOWN, containers=[{"id": "no more"}]
        ),
        _NO_SSH,
    ],
    "maintenance": [
        _changed(
            "on, and nobody shows it",
            "outside answers HTTP 200 instead of the maintenance page",
            maintenance=_maintenance("on"),
        ),
        _changed(
            "on, and one server does not show it",
            "nutri-1 answers HTTP 200 instead of the maintenance page",
            maintenance=_maintenance("on"),
            shown="on",
            shown_inside="off",
        ),
        _changed("off, and shown", "though the config has maintenance off", shown="on"),
        _changed(
            "off, and a banner", "outside still shows the maintenance banner", shown="announced"
        ),
        _changed("off, and a file is left", "nutri-1 has something left", left="/opt/nutri/x"),
        _changed(
            "announced, and no banner",
            "answers HTTP 404 at /maintenance.json instead of the banner",
            maintenance=_maintenance("announced"),
        ),
        _changed(
            "announced, and shown already",
            "though the config has maintenance announced",
            maintenance=_maintenance("announced"),
            shown="on",
        ),
        _changed(
            "another one is told",
            "outside tells of another maintenance",
            maintenance=_maintenance("announced"),
            shown="announced",
            banner={"start": "2020-01-01T00:00:00Z"},
        ),
        _changed(
            "nothing answers",
            "no answer by HTTPS: outside, nutri-1",
            Status.UNKNOWN,
            web_is_up=False,
        ),
        _NO_SSH,
    ],
    "overrun": [
        _changed("on for too long", "its end has passed", maintenance=_maintenance("on", 3)),
        _changed("never held", "is announced, and", maintenance=_maintenance("announced", 3)),
    ],
    "health": [
        _changed(
            "a 503 that is not the page's",
            "HTTP 503",
            health_code=503,
            maintenance=_maintenance("on"),
        ),
        _changed("another status word", "'degraded'", health={"status": "degraded"}),
        _changed(
            "degraded, as the app says",
            """/health has status 'degraded' instead of "healthy": redis (unhealthy: connect """
            "ECONNREFUSED //***@cache:6379), notification_queue (timeout)",
            health={
                "status": "degraded",
                "checks": {
                    "database": {"status": "healthy", "latency_ms": 3},
                    "redis": {
                        "status": "unhealthy",
                        "error": "connect ECONNREFUSED //x:redis-secret@cache:6379",
                    },
                    "notification_queue": {"status": "timeout"},
                },
            },
        ),
        _changed(
            "unhealthy, as the app says",
            """HTTP 503, status "unhealthy" instead of 200: database (unhealthy)""",
            health_code=503,
            health={"status": "unhealthy", "checks": {"database": {"status": "unhealthy"}}},
        ),
        _changed("no status word", "status None", health={}),
        _changed("HTTP 503", "HTTP 503", health_code=503, health={"status": "unhealthy"}),
        _changed("nothing answers", "refused", web_is_up=False),
        _changed("no name", "does not resolve", addresses={"ml.nutri.test": "127.0.0.1"}),
    ],
    "latency": [
        _changed("slow", "the budget is 50 ms", live_delay=0.07, live_latency_ms=50),
        _changed("failing", "5 of 5 requests failed (HTTP 500)", live_code=500),
        _changed("hanging", "no answer within 0.3 s", live_delay=0.5, timeout=0.3),
    ],
    "spread": [
        _changed("one replica gets all", "reached 1 containers instead of 2", answering=["c-1"]),
        _changed("one too many", "3 containers instead of 2", answering=["a", "b", "c"]),
        _changed(
            "one replica out of rotation, and no container ids",
            "20 requests reached 1 containers instead of 2, by what their containers received; "
            "none reached nutri-backend-2",
            tells_container=False,
            rotation=["app-a"],
        ),
        _changed(
            "one replica gets next to nothing",
            "none reached nutri-backend-1",
            tells_container=False,
            rotation=["app-a"] + ["app-b"] * 19,
        ),
        _changed(
            "all goes elsewhere",
            "20 requests reached 0 containers instead of 2",
            tells_container=False,
            rotation=["app-of-others"],
        ),
        _changed(
            "a replica is gone, and no container ids",
            "none reached nutri-backend-2",
            tells_container=False,
            rotation=["app-a"],
            aliases={"app-a": "nutri-backend"},
        ),
        _changed(
            "failures, and no container ids",
            "20 of 20 requests failed (HTTP 500)",
            tells_container=False,
            live_code=500,
        ),
        Breakage(
            "no counters",
            {"tells_container": False, "aliases": {"app-a": "", "x y": "z"}},
            "in another form",
            Status.UNKNOWN,
        ),
        _changed("failures", "20 of 20 requests failed (HTTP 502)", health_code=502),
    ],
    "forwarded": [
        _changed(
            "it counts what is claimed",
            "5 requests that claimed an address each were taken for 5 clients",
            rate_limit="believes",
        ),
        _changed("nothing answers", "no answer (", Status.UNKNOWN, web_is_up=False),
        _changed("it shows what is claimed", "it saw 198.18.", rate_limit="silent", echoes=True),
    ],
    "aaaa": [
        _changed(
            "another machine's",
            "leads to 2001:db8:9::1 over IPv6, which is in no network of our servers (2001:db8::",
            ipv6_addresses={"api.nutri.test": "2001:db8:9::1"},
        ),
        _changed(
            "left over from a server that had one",
            "they have none",
            server=_server(public_net={"ipv4": {"ip": "127.0.0.1"}, "ipv6": None}),
        ),
        _changed("no such name", "no such name", addresses={"ml.nutri.test": "127.0.0.1"}),
        _NO_TOKEN,
    ],
    "redirect": [
        _changed("it serves", "answers 200 instead of a redirection", redirect_code=200),
        _changed("elsewhere", "leads to https://evil.test/", redirect_to="https://evil.test/"),
        _changed("not to HTTPS", "leads to http://", redirect_to="http://api.nutri.test/health"),
        _changed("nowhere", "leads to nowhere", redirect_to=""),
        _changed("nothing listens", "refused", redirect_is_up=False),
    ],
    "errors": [
        _changed(
            "levels",
            "6 of 16 log lines in 15 min tell of an error (38%, limit 5%); the last: {",
            log=_log(("/meals", 200, 1), 10) + ['2026Z {"level": "error", "msg": "no"}'] * 6,
        ),
        _changed("failed requests", "8 of 8 log lines", log=_log(("/meals", 502, 3), 8)),
        _changed(
            "words of a service that logs no JSON", "5 of 7", log=["Z Error: x"] * 5 + ["Z x"]
        ),
        _NO_SSH,
    ],
    "slow": [
        _changed(
            "some are",
            "5 of 10 requests in 15 min took more than 1000 ms, most GET /slow (1500 ms)",
            log=_log(("/meals", 200, 3), 5) + _log(("/slow", 200, 1500), 5),
        ),
        _NO_SSH,
    ],
    "cpu": [
        _changed(
            "the containers take all",
            "the containers use 95% of 2 cores, most coolify-db",
            snapshot={"stats": _stats("95.0%", "1.00%") + _stats("95.5%", "1.00%", "coolify-db")},
        ),
        _changed(
            "a long queue",
            "the load of 15 minutes is 4.255 a core (limit 4)",
            snapshot={"container": "none", "load": "1.0 2.0 8.51 1/1 1"},
        ),
        _changed("a part is missing", "another form", Status.UNKNOWN, snapshot={"cores": "many"}),
        _NO_SSH,
    ],
    "memory": [
        _changed(
            "the server has none left",
            "server uses 95% of its memory",
            snapshot={"memory": "MemTotal: 1000 kB\nMemAvailable: 50 kB"},
        ),
        _changed(
            "a container reaches its limit",
            "app-x uses 97% of its memory",
            snapshot={"stats": _stats("1.00%", "97.0%"), "containers": _life(memory_limit=1 << 29)},
        ),
        _changed("no numbers", "MemTotal", Status.UNKNOWN, snapshot={"memory": "Cached: 5 kB"}),
        _NO_SSH,
    ],
    "disk": [
        _changed("full", "/ is 91% full (limit 90%)", snapshot={"space": _df(1000, 910)}),
        _NO_SSH,
    ],
    "inodes": [
        _changed("none left", "/ is 100% full", snapshot={"inodes": _df(1000, 1000)}),
        _NO_SSH,
    ],
    "restarts": [
        _changed(
            "a crash loop",
            "nutri-backend-1 restarted 4 times, the last time within the hour",
            snapshot={"containers": _life(name="/app-a-120000", restarts=4)},
        ),
        _changed(
            "out of memory",
            "app-x ran out of memory",
            snapshot={"containers": _life(oom_killed=True)},
        ),
        _changed(
            "killed by the kernel",
            "the kernel killed python3 of app-x: out of memory",
            snapshot={"containers": _life(id=_KILLED), "oom": _OOM_LINE},
        ),
        _changed(
            "killed, of no container",
            "the kernel killed python3 of the server",
            snapshot={"oom": _OOM_LINE},
        ),
        _NO_SSH,
    ],
    "clock": [
        _changed("ahead", "the server's clock is 30 s ahead of ours", clock_skew=30.5),
        _changed("behind", "the server's clock is 9 s behind ours", clock_skew=-9.0),
        _NO_SSH,
    ],
    "reboot": [
        _changed("pending", "a reboot is pending", upkeep={"reboot": "wanted"}),
        _changed(
            "pending, with its reasons",
            "a reboot is pending for linux-image-amd64, dbus",
            upkeep={"reboot": "wanted\nlinux-image-amd64\ndbus\ndbus"},
        ),
        _changed(
            "a newer kernel",
            "kernel 6.1.0-25-amd64 runs, 6.1.0-26-amd64 is installed",
            upkeep={"container": "none", "kernel": "6.1.0-25-amd64", "newest": "6.1.0-26-amd64"},
        ),
        _changed("another form", "another form", Status.UNKNOWN, upkeep={"lists": "none"}),
        _NO_SSH,
    ],
    "updates": [
        _changed(
            "one",
            "1 security updates are pending: libssl3",
            upkeep={"upgrade": (RECORDED / "apt-upgrade-security.txt").read_text()},
        ),
        _changed("old lists", "are 9 days old", Status.UNKNOWN, lists_age=9 * 86_400.0),
        _changed(
            "no lists on a machine of its own",
            "are missing",
            Status.UNKNOWN,
            upkeep={"lists": "0", "container": "none"},
        ),
        _NO_SSH,
    ],
    "dump-age": [
        _dumps("skipped upload", "holds no dump", {"dumps": []}),
        _dumps("a failed one", "the last dump failed", {"status/dump/ok": False}),
        _dumps("an old one", "is 30 h old", {"dumps/0/at": 30 * 3600.0}),
        _dumps(
            "wrong key", "cannot be read: refuses the login", {"repository": "refuses the login"}
        ),
        _NO_SSH,
    ],
    "dump-repository": [
        _dumps("truncated file", "found damaged", {"status/check/ok": False}),
        _dumps(
            "locked by another",
            "could not be checked just now: locked by old",
            {
                "status/check_refused": {
                    "at": datetime.now(UTC).isoformat(),
                    "ok": False,
                    "message": "locked by old since 01:15",
                }
            },
        ),
        _dumps("never checked", "never checked", {"status/check": None}),
        _dumps("checked long ago", "checked last 48 h ago", {"status/check/at": 48 * 3600.0}),
        _dumps("full of old ones", "old dumps do not go", {"status/retention/ok": False}),
        _dumps("wrong password", "cannot be read: wrong", {"repository": "wrong password"}),
        _NO_SSH,
    ],
    "dump-timer": [
        _dumps("stopped", "is inactive", {f"{_TIMER}/ActiveState": "inactive"}),
        _dumps("disabled", "is disabled", {f"{_TIMER}/UnitFileState": "disabled"}),
        _NO_SSH,
    ],
    "proven-restore": [
        _dumps("never", "was ever restored", {"status/proof": None}),
        _dumps("failed", "did not come back", {"status/proof/ok": False}),
        _dumps("stale", "is 40 days old", {"status/proof/at": 40 * 86_400.0}),
        _dumps("another form", "another form", {"status": None}, Status.UNKNOWN),
        _NO_SSH,
    ],
    "variables": [
        _changed(
            "one is set in the dashboard alone",
            f"PORT ({fingerprint(COOLIFY_TOKEN, 'PORT', '99')}) is set there alone",
            stored=dict.fromkeys(("app-a", "app-b"), GIVEN | {"PORT": "99"}),
        ),
        _changed(
            "one replica has another value",
            f"LOG_LEVEL is {fingerprint(COOLIFY_TOKEN, 'LOG_LEVEL', 'x')} there instead of "
            f"{fingerprint(COOLIFY_TOKEN, 'LOG_LEVEL', 'info')} (replica 2)",
            stored={"app-a": GIVEN, "app-b": GIVEN | {"LOG_LEVEL": "x"}},
        ),
        _changed(
            "one is gone",
            "JWT_SECRET is missing there",
            stored={key: {"LOG_LEVEL": "info"} for key in ("app-a", "app-b")},
        ),
        _changed(
            "a value nobody is shown",
            "JWT_SECRET is a value that is shown once there",
            stored=dict.fromkeys(("app-a", "app-b"), GIVEN | {"JWT_SECRET": None}),
        ),
        _changed("Coolify is down", "gave no answer", Status.UNKNOWN, coolify_is_up=False),
        _changed("Coolify fails", "500", Status.UNKNOWN, coolify_code=500),
        _NO_SSH,
    ],
    "version": [
        _changed("another", "serves version good-0 instead of good-1", version="good-0"),
        _changed("nothing answers", "refused", web_is_up=False),
        _changed(
            "an old image, of an app that tells no version",
            "registry/backend:good-0, registry/backend:good-1 runs instead of "
            "registry/backend:good-1",
            version=None,
            containers=_containers({"application": "app-b", "image": "registry/backend:good-0"}),
        ),
        _changed("no container, and no version told", "nothing runs", version=None, containers=[]),
    ],
}


def _certificate(**plan: object) -> Callable[[World], None]:
    def change(world: World) -> None:
        for name, value in plan.items():
            setattr(world.certificate, name, value)

    return change


CERTIFICATES: dict[str, tuple[Callable[[World], None], str]] = {
    "expired": (_certificate(days=-1), "expired"),
    "ends soon": (_certificate(days=10), "ends in 10 days"),
    "self-signed": (_certificate(signed_by_us=False), "self-signed"),
    "of another name": (_certificate(names=("other.test",)), "not valid for 'api.nutri.test'"),
    "none at all": (lambda world: setattr(world, "web_is_up", False), "no TLS"),
    "no name": (lambda world: setattr(world, "addresses", {}), "no such name"),
}


OF_SEVERAL = {"placement", "balancer"}
"""Checks of several servers: this world has one, theirs are in test_fleet_checks."""


@pytest.mark.parametrize("check", [check.id for check in CHECKS if check.id not in OF_SEVERAL])
def test_a_check_is_green_in_a_whole_world(check: str, world: World) -> None:
    """No false alarm, for any subject."""
    report = world.report(check)
    assert report.results
    assert report.exit_code == 0, report.table()
    assert all(result.verdict.message for result in report.results)


@pytest.mark.parametrize(
    ("check", "breakage"),
    [
        pytest.param(check, breakage, id=f"{check}: {breakage.name}")
        for check, breakages in BROKEN_WORLDS.items()
        for breakage in breakages
    ],
)
def test_a_check_is_not_green_in_a_broken_world(
    check: str,
    breakage: Breakage,
    world: World,
) -> None:
    """It says what is wrong and what to do, of the broken subject."""
    for name, value in breakage.fields.items():
        assert hasattr(world, name)
        setattr(world, name, value)
    report = world.report(check)
    verdict = report.results[0].verdict
    assert verdict.status is breakage.status, report.table()
    assert breakage.says in verdict.message
    assert verdict.remedy
    assert report.exit_code == (1 if breakage.status is Status.RED else 2)
    assert not re.search(r"(?<!-)-secret\b", report.table())


@pytest.mark.parametrize("name", CERTIFICATES)
def test_the_certificate_check_is_red_when_it_is(name: str, world: World) -> None:
    """Each way in which a certificate is not valid is told."""
    change, says = CERTIFICATES[name]
    change(world)
    verdict = world.report("certificate").results[0].verdict
    assert verdict.status is Status.RED
    assert says in verdict.message
    assert verdict.remedy


@pytest.mark.parametrize("name", ["expired", "self-signed", "of another name"])
def test_health_is_red_with_a_bad_certificate(name: str, world: World) -> None:
    """What a stranger's browser would refuse is not healthy, whatever the service says."""
    CERTIFICATES[name][0](world)
    verdict = world.report("health").results[0].verdict
    assert verdict.status is Status.RED
    assert "certificate" in verdict.message


@pytest.mark.parametrize(
    "check", [*("health", "latency", "dns", "containers", "spread"), *("version", "errors", "slow")]
)
def test_only_the_broken_service_is_red(check: str, world: World) -> None:
    """The other service stays green."""
    for name, value in BROKEN_WORLDS[check][0].fields.items():
        setattr(world, name, value)
    results = world.report(check).results
    assert [(r.subject, r.verdict.status) for r in results] == [
        ("nutri-backend", Status.RED),
        ("nutri-ml-service", Status.GREEN),
    ]


def test_a_service_that_tells_no_version_is_let_be(world: World) -> None:
    """A 404 at /version is no fault: the containers' images stand in."""
    world.version = None
    verdict = world.report("version").results[0].verdict
    assert verdict.status is Status.GREEN
    assert verdict.message == "its containers have the image registry/backend:good-1"


@pytest.mark.parametrize(
    ("limit", "says"), [("counts us", "whatever its X-Forwarded"), ("silent", "does not tell")]
)
def test_a_forged_address_makes_no_difference(limit: str, says: str, world: World) -> None:
    """Where the app tells what it saw; where it tells nothing there is nothing to judge."""
    world.rate_limit = limit
    verdict = world.report("forwarded").results[0].verdict
    assert verdict.is_green
    assert says in verdict.message
    assert sum(world.counted.values()) <= 3


@pytest.mark.parametrize("noise", [0, 9_000])
def test_the_spread_is_seen_without_container_ids(noise: int, world: World) -> None:
    """By the containers' own counters, whatever else they receive."""
    world.tells_container, world.noise = False, noise
    result = world.report("spread").results[0]
    assert result.verdict.status is Status.GREEN, result.verdict
    assert "20 requests reached 2 of 2 replicas, by what" in result.verdict.message
    assert [one.value for one in result.verdict.measures] == pytest.approx([10, 10], abs=2)


def test_every_check_has_a_broken_world() -> None:
    """A check that cannot go red is no check."""
    tested = {check for check, breakages in BROKEN_WORLDS.items() if breakages}
    assert {check.id for check in CHECKS} == tested | {"certificate"} | OF_SEVERAL
    assert CERTIFICATES


def test_ids_are_unique_and_pick_their_check() -> None:
    """An id names one check, a procedure all of its checks."""
    for check in CHECKS:
        assert select([check.id]) == (check,)
        if not check.on_request:
            assert check in select([check.runbook])


def test_what_runs_on_request_runs_only_then() -> None:
    """A preview takes long: neither the whole suite nor a procedure includes it."""
    quiet = {check for check in CHECKS if check.on_request}
    assert quiet
    assert not quiet & set(select(None))
    assert not quiet & set(select([check.runbook for check in CHECKS if not check.on_request]))


@pytest.mark.parametrize("mode", ["announced", "on"])
def test_maintenance_as_configured_is_green(mode: str, world: World) -> None:
    """The page is no outage while the config wants it, and the checks say that it is there."""
    world.maintenance, world.shown = _maintenance(mode), mode
    report = world.report("maintenance", "overrun", "health", "latency", "spread", "version")
    assert report.exit_code == 0, report.table()
    behind = [one for one in report.results if one.subject == "nutri-backend"]
    told = ["the maintenance page stands in" in one.verdict.message for one in behind]
    assert told == [False, *[mode == "on"] * 4], report.table()


def test_the_page_of_a_service_that_is_not_covered_is_an_outage(world: World) -> None:
    """Shown for the API, while the config wants it for the other one."""
    wanted = _maintenance("on").model_copy(update={"services": ("nutri-ml-service",)})
    world.maintenance, world.shown = wanted, "on"
    assert not any(one.verdict.is_green for one in world.report("health").results[:1])

"""A small platform on loopback addresses, whole or broken on purpose, and a target that fits it."""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import socketserver
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from unittest import mock

import pytest
from dnslib import AAAA, QTYPE, RCODE, RR, A, DNSRecord
from pydantic import SecretStr

import checks
from checks import (
    baseline,
    counters,
    database,
    docker,
    dumps,
    proxy_files,
    redis,
    size,
    snapshot,
    tokens,
    upkeep,
)
from checks.observer import Observer
from clients.postgres import DatabaseError, Session, Sessions
from clients.ssh import Result
from common import passphrase
from common.changes import Change, Op
from common.fingerprint import fingerprint
from common.maintenance import HEADER, OFF, Maintenance
from common.target import (
    CoolifyTarget,
    DatabaseTarget,
    DumpsTarget,
    Expectations,
    HetznerTarget,
    MaintenanceTarget,
    RedisTarget,
    ServerTarget,
    ServiceTarget,
    SshTarget,
    Target,
    Vantage,
)
from tests.unit.checks.authority import API, ML, Authority, CertificatePlan
from tests.unit.checks.redis_server import PASSWORD, RedisPlan, RedisServer

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from common.errors import OperatorError

APPLICATIONS = {"nutri-backend": ("app-a", "app-b"), "nutri-ml-service": ("app-ml",)}
LINE = '{"event": "request_completed", "path": "/meals", "status": 200, "duration_ms": 12.5}'
GIVEN = {"LOG_LEVEL": "info", "JWT_SECRET": "jwt-secret"}
HETZNER_TOKEN = "hetzner-secret"
COOLIFY_TOKEN = "coolify-secret"
SUPABASE_TOKEN = "supabase-secret"
PROJECT = "nutrinutrinutrinutri"
POOLED = "postgresql://postgres:pg-secret@pooler.test:6543/postgres?pgbouncer=true"
URL = f"{POOLED}&connection_limit=5"
_HOST = "pooler.test:6543/postgres?pgbouncer=true&connection_limit=5"


RECORDED = Path(__file__).parent / "recorded"
"""What real commands printed, on a server of the local double or in a container of Debian."""


def recorded(name: str, **changes: str) -> str:
    """A recorded output of a script with sections, some of them replaced."""
    parts = dict(snapshot.sections((RECORDED / name).read_text()))
    assert set(changes) <= set(parts)
    return "".join(f"@@ {part}\n{text.rstrip()}\n" for part, text in (parts | changes).items())


def container(application: str, image: str, **changes: str) -> dict[str, str]:
    """One row of `docker ps` as the check asks for it."""
    row = {
        "id": f"id-{application}",
        "name": f"{application}-120000123456",
        "image": image,
        "state": "running",
        "status": "Up 2 minutes (healthy)",
        "application": application,
    }
    return row | changes


def hetzner_server() -> dict[str, Any]:
    """A server as the Hetzner API tells it, in the parts that matter."""
    return {
        "id": 42,
        "status": "running",
        "server_type": {"name": "cx33", "cores": 4, "memory": 8},
        "primary_disk_size": 80,
        "public_net": {"ipv4": {"ip": "127.0.0.1"}, "ipv6": {"ip": "2001:db8::/64"}},
        "protection": {"delete": True, "rebuild": True},
        "backup_window": "22-02",
        "created": (datetime.now(UTC) - timedelta(days=90)).isoformat(),
    }


def project(**changes: str) -> dict[str, Any]:
    """A project as Supabase tells it."""
    return {"name": "nutri", "region": "eu-central-1", "status": "ACTIVE_HEALTHY"} | changes


def supabase_backups(hours: float, *, status: str = "COMPLETED", **changes: object) -> Any:  # noqa: ANN401
    """Supabase's list of backups, the newest of so many hours ago."""
    now = datetime.now(UTC)
    taken = (now - timedelta(hours=hours)).isoformat()
    window = {
        "earliest_physical_backup_date_unix": int(now.timestamp()) - 600_000,
        "latest_physical_backup_date_unix": int(now.timestamp()) - 120,
    }
    found = {"backups": [{"status": status, "inserted_at": taken}], "pitr_enabled": True}
    return found | {"physical_backup_data": window} | changes


def sessions(busy: int, idle: int = 0, *, read_only: bool = False) -> Sessions:
    """Connections of the app, some at work."""
    kinds = ["idle in transaction"] * busy + ["idle"] * idle
    rows = (
        Session(number, "postgres", "backend", "100.64.0.3", state, 30.0)
        for number, state in enumerate(kinds)
    )
    return Sessions(57, "postgres", tuple(rows), read_only)


def backup(hours: float, status: str = "available") -> dict[str, Any]:
    """A backup of so many hours ago as the Hetzner API tells it."""
    created = datetime.now(UTC) - timedelta(hours=hours)
    return {"status": status, "created": created.isoformat()}


def dumps_told(now: float, changes: Mapping[str, Any]) -> dict[str, Any]:
    """What `nutri-dump evidence` prints; a change by path, ages as seconds."""

    def ago(seconds: float) -> str:
        return datetime.fromtimestamp(now - seconds, UTC).isoformat()

    fine = {"at": ago(7200), "ok": True}
    timer = {"ActiveState": "active", "UnitFileState": "enabled"}
    told: dict[str, Any] = {
        "now": ago(0),
        "status": {
            "dump": fine | {"rows": 7},
            "check": dict(fine),
            "retention": fine | {"kept": 1},
            "proof": fine | {"at": ago(5 * 86_400), "rows": 7, "canary_age_s": 3600},
        },
        "timers": {"nutri-dump.timer": dict(timer), "nutri-dump-verify.timer": dict(timer)},
        "repository": None,
        "dumps": [{"run": "one", "at": ago(7200)}],
    }
    for path, value in changes.items():
        *way, last = path.split("/")
        part: Any = told
        for name in way:
            part = part[int(name) if name.isdigit() else name]
        part[last] = ago(value) if last == "at" else value
    return told


@dataclass
class World:
    """All that can be broken; set fields, then `run`. Only api.nutri.test feels the web knobs."""

    folder: Path
    health: dict[str, Any] = field(default_factory=lambda: {"status": "healthy"})
    health_code: int = 200
    live_delay: float = 0.0
    live_code: int = 200
    live_latency_ms: int = 500
    answering: list[str] = field(default_factory=lambda: ["c-1", "c-2"])
    tells_container: bool = True
    rotation: list[str] = field(default_factory=lambda: ["app-a", "app-b"])
    """The applications that get the API's requests in turn, where it tells no container."""
    rate_limit: str = "counts us"
    """How the API's limit counts: us, whatever is claimed; what is claimed; nothing is told."""
    counted: Counter[str] = field(default_factory=Counter)
    echoes: bool = False
    """Whether an answer shows the address that was claimed."""
    noise: int = 300
    """Bytes that each container receives between two looks, of probes and the like."""
    received: Counter[str] = field(default_factory=Counter)
    aliases: Mapping[str, str] = field(
        default_factory=lambda: {
            one: name for name, several in APPLICATIONS.items() for one in several
        }
    )
    version: str | None = "good-1"
    web_is_up: bool = True
    certificate: CertificatePlan = field(default_factory=CertificatePlan)
    addresses: dict[str, str] = field(default_factory=lambda: {API: "127.0.0.1", ML: "127.0.0.1"})
    ipv6_addresses: dict[str, str] = field(default_factory=lambda: {API: "2001:db8::1"})
    redirect_code: int = 301
    redirect_to: str = f"https://{API}/health"
    redirect_is_up: bool = True
    proxy_api: int = 403
    snapshot: Mapping[str, str] = field(default_factory=dict)
    upkeep: Mapping[str, str] = field(default_factory=dict)
    setup: Mapping[str, str] = field(default_factory=dict)
    """Changes to what the server tells of its set-up, by part."""
    size: str = (
        "@@ cores\n0-3\n@@ memory\nMemTotal: 7941000 kB\n@@ disk\nx 78620712\n@@ container\n"
    )
    lists_age: float = 3600.0
    maintenance: Maintenance = OFF
    shown: str = "off"
    shown_inside: str | None = None
    banner: Mapping[str, Any] | None = None
    left: str = ""
    clock_skew: float = 0.0
    log: list[str] = field(default_factory=lambda: [f"2026-01-01T00:00:0{n}Z {LINE}" for n in "12"])
    server: dict[str, Any] = field(default_factory=hetzner_server)
    hetzner_code: int = 200
    write_code: int = 422
    docker: Result = field(default_factory=lambda: Result("20.10.24\n", "", 0))
    token: dict[str, Any] | None = field(
        default_factory=lambda: {"abilities": ["root"], "age": 12.5, "left": None}
    )
    drift: list[Change] | None = field(
        default_factory=lambda: [Change(Op.SAME, "hcloud:index/server:Server", "server")]
    )
    dumps: dict[str, Any] = field(default_factory=dict)
    """Changes to what the server tells of its dumps, by path: `status.proof.ok`."""
    backups: list[dict[str, Any]] = field(default_factory=lambda: [backup(30), backup(6)])
    project: dict[str, Any] = field(default_factory=project)
    supabase_code: int = 200
    pool_size: int | None = 15
    supabase_backups: dict[str, Any] = field(default_factory=lambda: supabase_backups(3))
    sessions: Sessions | DatabaseError = field(default_factory=lambda: sessions(2, 8))
    proxy_files: str = "@@ files\n1796071000.5 coolify.yaml\n@@ said\n@@ kept\n"
    redis: RedisPlan = field(default_factory=RedisPlan)
    redis_says: str | None = None
    """What the server prints of it instead."""
    urls: list[str] = field(default_factory=lambda: [f"app-a {_HOST}", f"app-b {_HOST}"])
    containers: list[dict[str, str]] = field(
        default_factory=lambda: [
            container("app-a", "registry/backend:good-1"),
            container("app-b", "registry/backend:good-1"),
            container("app-ml", "registry/ml:good-1"),
            container("app-of-others", "registry/other:1", state="exited", status="Exited (1)"),
        ]
    )
    ssh_failure: OperatorError | None = None
    ssh_networks: tuple[str, ...] = ("127.0.0.0/8",)
    ssh_is_up: bool = True
    exposed: bool = False
    coolify_code: int = 200
    coolify_answer: str = "4.3.10"
    coolify_is_up: bool = True
    stored: Mapping[str, Mapping[str, str | None]] = field(
        default_factory=lambda: dict.fromkeys(("app-a", "app-b"), GIVEN)
    )
    """What Coolify has of the API's variables, by application."""
    passphrase: str | None = "correct horse battery"
    hetzner_host: str = "127.1"
    """Not literally an address of loopback, and so a cloud elsewhere."""
    timeout: float = 2.0

    @contextlib.contextmanager
    def observed(self) -> Iterator[tuple[Target, Callable[[Target], Observer]]]:
        """Start the world; the target, and the function that makes an observer of it."""
        with contextlib.ExitStack() as stack:
            target = _start(self, stack)
            if self.passphrase is not None:
                environment = mock.patch.dict("os.environ", {passphrase.VARIABLE: self.passphrase})
                stack.enter_context(environment)
            socket_path = stack.enter_context(_coolify(self))
            yield (
                target,
                lambda t: Observer(
                    t,
                    timeout=self.timeout,
                    ssh=FakeSsh.factory(self, socket_path),
                    preview=None if self.drift is None else lambda: self.drift or (),
                    sessions=lambda _url, _resolver: self.connected(),
                ),
            )

    def connected(self) -> Sessions:
        """What the database tells of its connections."""
        if isinstance(self.sessions, DatabaseError):
            raise self.sessions
        return self.sessions

    def report(self, *ids: str) -> checks.Report:
        """What the checks say of this world."""
        with self.observed() as (target, observe):
            return checks.run(target, checks.select(ids), observe=observe)


@pytest.fixture
def world(tmp_path: Path) -> World:
    """A whole world."""
    return World(tmp_path)


class FakeSsh:
    """In place of SSH: tells the world's containers, and leads to its Coolify."""

    def __init__(self, world: World, socket_path: Path) -> None:
        self._world = world
        self._socket = socket_path

    @classmethod
    def factory(cls, world: World, socket_path: Path) -> Any:  # noqa: ANN401 - stands for SshClient
        """In place of the class SshClient."""
        return lambda _target: cls(world, socket_path)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def run(  # noqa: C901, PLR0911 - one return a question
        self,
        command: str | list[str],
        *,
        stdin: str | None = None,
        check: bool = True,
        **_: object,
    ) -> Result:
        """Answer `true` and what the checks ask."""
        world, now = self._world, time.time()
        if world.ssh_failure:
            raise world.ssh_failure
        if not isinstance(command, str):
            return self._python(command, stdin)
        if command == snapshot.SCRIPT:
            clock = {"clock": str(now + world.clock_skew)}
            return Result(recorded("snapshot.txt", **(clock | dict(world.snapshot))), "", 0)
        if command == upkeep.SCRIPT:
            times = {"now": f"{now:.0f}", "updated": f"{now - world.lists_age:.0f}"}
            return Result(recorded("upkeep.txt", **(times | dict(world.upkeep))), "", 0)
        if command == database.LIST_URLS:
            return Result("".join(f"{line}\n" for line in world.urls), "", 0)
        if command == dumps.COMMAND:
            return Result(json.dumps(dumps_told(now, world.dumps)), "", 0)
        if command == baseline.SCRIPT:
            return Result(recorded("baseline.txt", **world.setup), "", 0)
        if command in {size.SCRIPT, proxy_files.SCRIPT}:
            return Result(world.size if command == size.SCRIPT else world.proxy_files, "", 0)
        if command == docker.ASK:
            assert not check
            return world.docker
        if command == tokens.ASK:
            assert "personal_access_tokens where token" in str(stdin)
            return Result(json.dumps(world.token) if world.token else "", "", 0)
        return Result(self._told(command), "", 0)

    def _python(self, command: list[str], stdin: str | None) -> Result:
        """Run what asks Redis by this machine's own Python."""
        assert command == redis.COMMAND
        assert PASSWORD not in str(command)
        if self._world.redis_says is not None:
            return Result(self._world.redis_says, "", 0)
        words = [sys.executable, *command[1:]]
        done = subprocess.run(words, input=stdin, capture_output=True, text=True, check=True)
        return Result(done.stdout, done.stderr, 0)

    def _told(self, command: str) -> str:
        if command.startswith("HOST="):
            return self._maintenance(command)
        if command == counters.SCRIPT:
            return self._counters()
        rows = self._world.containers if command.startswith("docker ps") else []
        return "".join(json.dumps(row) + "\n" for row in rows)

    def _counters(self) -> str:
        world = self._world
        world.received.update(dict.fromkeys(world.aliases, world.noise))
        return "".join(f"{one} {world.received[one]} {n}\n" for one, n in world.aliases.items())

    def _maintenance(self, command: str) -> str:
        world = self._world
        if not world.web_is_up:
            return "@@ page\n@@ banner\n@@ left\n"
        inside = world.shown if world.shown_inside is None else world.shown_inside
        mode = inside if command.startswith(f"HOST={API}") else "off"
        mark = f"HTTP/2 {{}}\nx-maintenance: {mode}\nretry-after: 60\n"
        page = mark.format(503) if mode == "on" else "HTTP/2 200\n"
        banner = mark.format(200) if mode != "off" else "HTTP/2 404\n"
        left = world.left or ("/opt/nutri/maintenance" if mode != "off" else "")
        return f"@@ page\n{page}@@ banner\n{banner}@@ left\n{left}\n"

    def stream(self, command: list[str]) -> Iterator[str]:
        """Print the world's log for the first application, one quiet line for the others."""
        if self._world.ssh_failure:
            raise self._world.ssh_failure
        yield from self._world.log if command[-1].endswith("app-a") else ["2026-01-01T00:00:00Z up"]

    @contextlib.contextmanager
    def tunnel(self, _port: int) -> Iterator[Path]:
        """The socket of the world's Coolify."""
        if self._world.ssh_failure:
            raise self._world.ssh_failure
        yield self._socket


class Handler(BaseHTTPRequestHandler):
    """Answers by the class attribute `routes`; never logs."""

    world: World

    def log_message(self, *_: object) -> None:
        """Keep quiet."""

    def answer(self, code: int, body: str, headers: Mapping[str, str] | None = None) -> None:
        """Send a whole answer."""
        self.send_response(code)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body.encode())))
        self.end_headers()
        self.wfile.write(body.encode())


class Services(Handler):
    """Both services behind one address, told apart by the Host header."""

    turns = itertools.count()

    def do_GET(self) -> None:
        """Answer one request."""
        world = self.world
        if not (self.headers["Host"] or "").startswith(API):
            return self._good()
        if world.shown == "on" or (world.shown != "off" and self.path == "/maintenance.json"):
            return self._maintenance()
        turn = next(self.turns)
        world.received[world.rotation[turn % len(world.rotation)]] += len(str(self.headers))
        if self.path == "/health":
            told = {"container_id": world.answering[turn % len(world.answering)]}
            who = told if world.tells_container else {}
            return self.answer(world.health_code, json.dumps(who | world.health))
        if self.path == "/health/live":
            time.sleep(world.live_delay)
            return self.answer(world.live_code, "ok")
        if self.path == "/version" and world.version is not None:
            return self.answer(200, json.dumps({"version": world.version}))
        return self._limited(turn % 2) if self.path == "/api/" else self.answer(404, "not found")

    def _limited(self, replica: int) -> None:
        """Of two replicas one, each with a count of its own."""
        world, claimed = self.world, self.headers["X-Forwarded-For"]
        client = f"{replica} {claimed if world.rate_limit == 'believes' else 'us'}"
        world.counted[client] += 1
        left = {"RateLimit-Limit": "100", "RateLimit-Remaining": str(100 - world.counted[client])}
        body = json.dumps({"error": "not found", "ip": claimed if world.echoes else "us"})
        self.answer(404, body, {} if world.rate_limit == "silent" else left)

    def _maintenance(self) -> None:
        world = self.world
        if self.path == "/maintenance.json":
            told = world.maintenance.banner() if world.banner is None else world.banner
            self.answer(200, json.dumps(told), {HEADER: world.shown})
        else:
            self.answer(503, "closed", {HEADER: world.shown, "Retry-After": "60"})

    def _good(self) -> None:
        bodies = {
            "/health": json.dumps({"status": "healthy", "container_id": "ml-1"}),
            "/health/live": "ok",
            "/version": "good-1",
        }
        self.answer(200 if self.path in bodies else 404, bodies.get(self.path, ""))


class Plain(Handler):
    """Port 80: leads every host but the first to itself over HTTPS."""

    def do_GET(self) -> None:
        """Answer one request."""
        host = (self.headers["Host"] or "").partition(":")[0]
        broken = host == API
        if host == "traefik-coolify-proxy":
            self.send_response(self.world.proxy_api)
        else:
            self.send_response(self.world.redirect_code if broken else 308)
        self.send_header("Location", self.world.redirect_to if broken else f"https://{host}/x")
        self.send_header("Content-Length", "0")
        self.end_headers()


class Hetzner(Handler):
    """GET /v1/servers/42 and its backups, and a refusal to make a key without a name."""

    def do_GET(self) -> None:
        """Answer one request."""
        if self.headers["Authorization"] != f"Bearer {HETZNER_TOKEN}":
            return self.answer(401, "{}")
        if self.path.startswith("/v1/images?type=backup&bound_to=42"):
            return self.answer(200, json.dumps({"images": self.world.backups}))
        if self.path != "/v1/servers/42":
            return self.answer(404, "{}")
        return self.answer(self.world.hetzner_code, json.dumps({"server": self.world.server}))

    def do_POST(self) -> None:
        """Answer one request."""
        assert self.path == "/v1/ssh_keys"
        self.rfile.read(int(self.headers["Content-Length"]))
        self.answer(self.world.write_code, "{}")


class Supabase(Handler):
    """One project with its pooler and its backups."""

    def do_GET(self) -> None:
        """Answer one request."""
        world, place = self.world, f"/v1/projects/{PROJECT}"
        pooler = {"database_type": "PRIMARY", "default_pool_size": world.pool_size}
        bodies = {
            place: world.project,
            f"{place}/config/database/pooler": [pooler],
            f"{place}/database/backups": world.supabase_backups,
        }
        if self.headers["Authorization"] != f"Bearer {SUPABASE_TOKEN}":
            return self.answer(401, '{"message": "Unauthorized"}')
        return self.answer(world.supabase_code, json.dumps(bodies[self.path]))


class Coolify(Handler):
    """GET /api/v1/version, and the variables of applications."""

    def do_GET(self) -> None:
        """Answer one request."""
        right = self.headers["Authorization"] == f"Bearer {COOLIFY_TOKEN}"
        found = self.path == "/api/v1/version"
        code = self.world.coolify_code if right and found else 401 if found else 404
        if right and self.path.endswith("/envs"):
            return self._variables(self.path.split("/")[-2])
        return self.answer(code, self.world.coolify_answer)

    def _variables(self, application: str) -> None:
        if self.world.coolify_code >= 500:
            return self.answer(self.world.coolify_code, '{"message": "Server Error"}')
        stored = self.world.stored.get(application, {})
        rows = [
            {"uuid": name, "key": name, "is_preview": False}
            | ({} if value is None else {"value": value})
            for name, value in stored.items()
        ]
        told = json.dumps([*rows, {"uuid": "x", "key": "TWIN", "value": "x", "is_preview": True}])
        return self.answer(200, told, {"Content-Type": "application/json"})

    def address_string(self) -> str:
        """A Unix socket has no address."""
        return "unix"


class _Quiet(ThreadingHTTPServer):
    def handle_error(self, *_: object) -> None:
        """Broken handshakes are part of the tests."""


class _Unix(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class Names(socketserver.BaseRequestHandler):
    """A DNS server that knows the world's addresses; an empty one is a name without A record."""

    world: World

    def handle(self) -> None:
        """Answer one datagram."""
        data, reply_to = self.request
        request = DNSRecord.parse(data)
        reply = request.reply()
        name = str(request.q.qname).rstrip(".")
        address = self.world.addresses.get(name)
        if address is None:
            reply.header.rcode = RCODE.NXDOMAIN
        elif request.q.qtype == QTYPE.AAAA:
            if ipv6 := self.world.ipv6_addresses.get(name):
                reply.add_answer(RR(request.q.qname, QTYPE.AAAA, ttl=1, rdata=AAAA(ipv6)))
        elif address:
            reply.add_answer(RR(request.q.qname, QTYPE.A, ttl=1, rdata=A(address)))
        reply_to.sendto(reply.pack(), self.client_address)


def _start(world: World, stack: contextlib.ExitStack) -> Target:
    authority = Authority(world.folder)
    tls = authority.context(world.certificate)
    web = stack.enter_context(_serve(Services, world, tls)) if world.web_is_up else _closed(stack)
    plain = stack.enter_context(_serve(Plain, world)) if world.redirect_is_up else _closed(stack)
    hetzner = stack.enter_context(_serve(Hetzner, world))
    supabase = stack.enter_context(_serve(Supabase, world))
    dns = stack.enter_context(_dns(world))
    shut = _listening(stack) if world.exposed else _closed(stack)
    ssh = _listening(stack) if world.ssh_is_up else _closed(stack)
    cache = stack.enter_context(
        RedisServer(world.redis, authority.context(CertificatePlan((world.redis.certified,))))
    )
    return Target(
        stack="test",
        domain="nutri.test",
        servers=(_server(ssh),),
        coolify=CoolifyTarget(version="4.3.10", token=SecretStr(COOLIFY_TOKEN)),
        hetzner=HetznerTarget(
            endpoint=f"http://{world.hetzner_host}:{hetzner}/v1", token=SecretStr(HETZNER_TOKEN)
        ),
        database=DatabaseTarget(
            service="nutri-backend",
            project=PROJECT,
            endpoint=f"http://127.0.0.1:{supabase}",
            token=SecretStr(SUPABASE_TOKEN),
            url=SecretStr(URL),
        ),
        redis=RedisTarget(url=SecretStr(cache.url)),
        services=(
            _service("nutri-backend", f"https://{API}:{web}", "registry/backend"),
            _service("nutri-ml-service", f"https://{ML}:{web}", "registry/ml"),
        ),
        expectations=Expectations(
            live_latency_ms=world.live_latency_ms,
            open_ports=(web,),
            ssh_networks=world.ssh_networks,
            shut_ports=(shut,),
            http_port=plain,
        ),
        dumps=DumpsTarget(
            repository="sftp:u1@box.test:nutri",
            schedule="daily",
            password=SecretStr("restic-secret"),
            identity=SecretStr("identity-secret"),
        ),
        maintenance=MaintenanceTarget(now=world.maintenance),
        vantage=Vantage(ca_bundle=str(authority.file), nameservers=(f"127.0.0.1:{dns}",)),
    )


def _server(ssh_port: int) -> ServerTarget:
    return ServerTarget(
        name="nutri-1",
        id=42,
        server_type="cx33",
        ipv4="127.0.0.1",
        ssh=SshTarget(
            host="127.0.0.1",
            port=ssh_port,
            host_key="ssh-ed25519 AAAA",
            private_key=SecretStr("ssh-secret"),
        ),
    )


def _service(name: str, url: str, image: str) -> ServiceTarget:
    applications = APPLICATIONS[name]
    return ServiceTarget(
        name=name,
        url=url,
        image=image,
        tag="good-1",
        replicas=len(applications),
        applications=applications,
        variables={
            key: fingerprint(COOLIFY_TOKEN, key, value)
            for key, value in (GIVEN if name == "nutri-backend" else {}).items()
        },
    )


@contextlib.contextmanager
def _serve(kind: type[Handler], world: World, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    server = _Quiet(("127.0.0.1", 0), type(kind.__name__, (kind,), {"world": world}))
    if tls:
        server.socket = tls.wrap_socket(
            server.socket, server_side=True, do_handshake_on_connect=False
        )
    with _running(server):
        yield server.server_port


@contextlib.contextmanager
def _running(server: socketserver.BaseServer) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextlib.contextmanager
def _coolify(world: World) -> Iterator[Path]:
    path = world.folder / "c.sock"
    if not world.coolify_is_up:
        yield path
        return
    handler = type("Coolify", (Coolify,), {"world": world})
    with _running(_Unix(str(path), handler)):
        yield path
    path.unlink()


@contextlib.contextmanager
def _dns(world: World) -> Iterator[int]:
    handler = type("Names", (Names,), {"world": world})
    server = socketserver.UDPServer(("127.0.0.1", 0), handler)
    with _running(server):
        yield int(server.server_address[1])


def _listening(stack: contextlib.ExitStack) -> int:
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
    return int(listener.getsockname()[1])


def _closed(stack: contextlib.ExitStack) -> int:
    # Bound, so nobody else gets the port, and not listening, so it refuses.
    bound = stack.enter_context(socket.socket())
    bound.bind(("127.0.0.1", 0))
    return int(bound.getsockname()[1])

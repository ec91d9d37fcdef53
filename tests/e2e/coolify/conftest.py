"""A server with Coolify installed by its installer, an API token, and two replicas of the app."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import ssl
import subprocess
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from infra.app.labels import routing
from localcloud.dns.server import NameServer
from localcloud.hetzner.machines import MachineSpec
from localcloud.hetzner.zones.models import Zone
from localcloud.hetzner.zones.records import Record, RRSet
from localcloud.node.machines import DockerMachines
from localcloud.node.publish import GHCR_PASSWORD, GHCR_USER
from tests.e2e.conftest import services_alone

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GHCR = "ghcr.localcloud.test"
BACKEND = f"{GHCR}/nutri/backend"
HOST = "api.nutri.test"
SECRET = "t" * 48
VERSION = "4.3.10"
_BOOT_SECONDS = 60
_CERTIFICATE_SECONDS = 90
_CUSTOM = """
services:
  soketi:
    ports: !override
      - "127.0.0.1:6001:6001"
      - "127.0.0.1:6002:6002"
"""
_INSTALL = f"""
export AUTOUPDATE=false ROOT_USERNAME=nutri ROOT_USER_EMAIL=ops@nutri.test USER=root HOME=/root
export ROOT_USER_PASSWORD=Correct-horse1
export DOCKER_ADDRESS_POOL_BASE=172.24.0.0/14 DOCKER_ADDRESS_POOL_SIZE=24
curl -fsSL https://cdn.localcloud.test/coolify/install.sh -o /root/install.sh
bash /root/install.sh {VERSION}
"""


@dataclass
class Platform:
    """A server with Coolify on it."""

    container: str
    address: str
    authority: Path
    install_seconds: float = 0
    log: str = ""
    http: httpx.Client = field(init=False)
    took: list[float] = field(default_factory=list)
    """Seconds of each request of the visitors."""

    def __post_init__(self) -> None:
        headers = {"Authorization": f"Bearer {SECRET}"}
        base = f"http://{self.address}:8000/api/v1"
        self.http = httpx.Client(base_url=base, headers=headers, timeout=30)

    def run(self, script: str) -> str:
        """Run a bash script on the server as root; it must succeed."""
        command = ["docker", "exec", "-i", self.container, "bash", "-se"]
        done = subprocess.run(
            command, input=script, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
        return done.stdout.strip()

    def install(self) -> None:
        """Run Coolify's installer."""
        began = time.monotonic()
        self.log = self.run(_INSTALL)
        self.install_seconds = time.monotonic() - began

    def api(self, method: str, path: str, body: object = None) -> Any:  # noqa: ANN401 - JSON
        """One call of Coolify's API; it must succeed."""
        answer = self.http.request(method, path, json=body)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        is_json = "json" in answer.headers["content-type"]
        return answer.json() if is_json else answer.text

    def deploy(self, uuid: str, tag: str, bound: float = 90) -> dict[str, Any]:
        """Store a tag, deploy it, wait for the end; returns the deployment."""
        self.api("PATCH", f"/applications/{uuid}", {"docker_registry_image_tag": tag})
        answer = self.api("POST", "/deploy", {"uuid": uuid, "force": True})
        deployment = answer["deployments"][0]["deployment_uuid"]
        deadline = time.monotonic() + bound
        while True:
            state: dict[str, Any] = self.api("GET", f"/deployments/{deployment}")
            if state["status"] not in {"queued", "in_progress"}:
                return state
            assert time.monotonic() < deadline, state
            time.sleep(0.3)

    def containers(self, uuid: str) -> dict[str, str]:
        """Name to image of an application's running containers."""
        command = (
            f"docker ps --filter label=coolify.name={uuid} --format '{{{{.Names}}}} {{{{.Image}}}}'"
        )
        return dict(line.split() for line in self.run(command).splitlines())

    def browser(self) -> httpx.Client:
        """A client of the public side, which trusts the instance's authority alone."""
        trust = ssl.create_default_context(cafile=str(self.authority))
        return httpx.Client(verify=trust, timeout=10, headers={"Host": HOST})

    def get(self, browser: httpx.Client, path: str) -> httpx.Response:
        """One request to the app through the proxy."""
        return browser.get(f"https://{self.address}{path}", extensions={"sni_hostname": HOST})

    @contextmanager
    def visitors(self) -> Iterator[Counter[str]]:
        """Requests without a pause while the block runs; counts answers by status or error."""
        seen: Counter[str] = Counter()
        self.took.clear()
        done = threading.Event()
        threads = [
            threading.Thread(target=self._visit, args=(seen, done, keep)) for keep in (True, False)
        ]
        for thread in threads:
            thread.start()
        try:
            yield seen
        finally:
            done.set()
            for thread in threads:
                thread.join()

    @contextmanager
    def crowd(self) -> Iterator[Counter[str]]:
        """Visitors who do not wait for each other: another one every fifth of a second."""
        seen: Counter[str] = Counter()
        done = threading.Event()

        def come() -> None:
            with ThreadPoolExecutor(64) as each:
                while not done.wait(0.2):
                    each.submit(self._come_once, seen)

        thread = threading.Thread(target=come)
        thread.start()
        try:
            yield seen
        finally:
            done.set()
            thread.join()

    def _come_once(self, seen: Counter[str]) -> None:
        with self.browser() as browser:
            try:
                seen[str(self.get(browser, "/version").status_code)] += 1
            except httpx.HTTPError as error:
                seen[repr(error)] += 1

    def _visit(self, seen: Counter[str], done: threading.Event, keep: bool) -> None:
        browser = self.browser()
        while not done.is_set():
            began = time.monotonic()
            try:
                answer = self.get(browser, "/version")
                version = answer.json()["version"] if answer.is_success else "nobody"
                seen[f"{answer.status_code} {version}"] += 1
            except (httpx.HTTPError, ValueError) as error:
                seen[repr(error)] += 1
            self.took.append(time.monotonic() - began)
            if not keep:
                browser.close()
                browser = self.browser()
            time.sleep(0.02)
        browser.close()


@dataclass(frozen=True)
class Replicas:
    """The platform, and the two applications behind one name."""

    platform: Platform
    uuids: tuple[str, str]


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A fresh server after the installer, the API open to our token."""
    folder = tmp_path_factory.mktemp("coolify")
    with services_alone(folder / "home") as (instance, client):
        machines = DockerMachines(instance, client)
        machines.create(_spec())
        machines.start(1)
        name = f"{instance.prefix}-server-1"
        attributes = client.containers.get(name).attrs
        address = attributes["NetworkSettings"]["Networks"][instance.prefix]["IPAddress"]
        found = Platform(name, address, instance.home / "ca.crt")
        _boot(found)
        source = "/data/coolify/source"
        custom = f"{source}/docker-compose.custom.yml"
        found.run(f"mkdir -p {source}\ncat >{custom} <<'X'\n{_CUSTOM}X")
        found.run(f"printf 'DB_PASSWORD=chosen-by-us\\n' >{source}/.env")
        found.install()
        _mint(found)
        with _leading_to(address, instance.dns_port):
            yield found
        found.http.close()


@contextmanager
def _leading_to(address: str, port: int) -> Iterator[None]:
    """Have the app's name lead to the server, which has no public address here."""
    names = (RRSet(HOST.partition(".")[0], "A", (Record(address),)),)
    zone = Zone(id=0, name=HOST.partition(".")[2], created="", ttl=60, rrsets=names)
    server = NameServer(lambda: (zone,), port)
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    asyncio.run_coroutine_threadsafe(server.start(), loop).result(10)
    try:
        yield
    finally:
        asyncio.run_coroutine_threadsafe(server.stop(), loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join(10)


@pytest.fixture(scope="module")
def replicas(platform: Platform) -> Replicas:
    """Two applications with the same labels, deployed with tag drain-1."""
    login = f"docker login -u {GHCR_USER} --password-stdin {GHCR}"
    platform.run(f"printf '%s' '{GHCR_PASSWORD}' | {login}")
    project = platform.api("POST", "/projects", {"name": "nutri"})["uuid"]
    server = platform.api("GET", "/servers")[0]["uuid"]
    first, second = (_application(platform, project, server, number) for number in (1, 2))
    for uuid in (first, second):
        state = platform.deploy(uuid, "drain-1")
        assert state["status"] == "finished", state["logs"]
    _wait_for_certificate(platform)
    return Replicas(platform, (first, second))


def _wait_for_certificate(platform: Platform) -> None:
    """The proxy asks for it once it sees the first replica."""
    deadline = time.monotonic() + _CERTIFICATE_SECONDS
    while True:
        with platform.browser() as browser:
            try:
                platform.get(browser, "/health")
            except httpx.ConnectError:
                said = platform.run("docker logs --tail 5 coolify-proxy 2>&1")
                assert time.monotonic() < deadline, said
                time.sleep(0.5)
            else:
                return


def _spec() -> MachineSpec:
    return MachineSpec(1, "web", 2, 4, 40, "system:debian-12", "", (), None, None, "fsn1")


def _boot(platform: Platform) -> None:
    deadline = time.monotonic() + _BOOT_SECONDS
    command = ["docker", "exec", platform.container, "docker", "info"]
    while subprocess.run(command, capture_output=True, check=False).returncode:
        assert time.monotonic() < deadline, "the server's Docker engine does not answer"
        time.sleep(0.2)
    platform.run("cloud-init status --wait || true")


def _mint(platform: Platform) -> None:
    """Insert our token the way the program does, then switch the API on."""
    digest = hashlib.sha256(SECRET.encode()).hexdigest()
    platform.run(
        "docker exec -i coolify-db psql -U coolify -d coolify -v ON_ERROR_STOP=1 <<'SQL'\n"
        "insert into personal_access_tokens (tokenable_type, tokenable_id, name, token, team_id, "
        "abilities, created_at, updated_at) values ('App\\Models\\User', 0, 'pulumi', "
        f"'{digest}', '0', '[\"root\"]', now(), now());\nSQL"
    )
    assert platform.http.get("/version").status_code == 403
    platform.api("POST", "/enable")


def _application(platform: Platform, project: str, server: str, number: int) -> str:
    body = {
        "name": f"nutri-backend-{number}",
        "project_uuid": project,
        "server_uuid": server,
        "environment_name": "production",
        "docker_registry_image_name": BACKEND,
        "docker_registry_image_tag": "drain-1",
        "ports_exposes": "3000",
        "autogenerate_domain": False,
        "health_check_enabled": True,
        "health_check_path": "/health",
        "health_check_interval": 1,
        "health_check_timeout": 2,
        "health_check_retries": 5,
        "health_check_start_period": 1,
        "stop_grace_period": 20,
        "custom_network_aliases": "nutri-backend",
    }
    uuid = str(platform.api("POST", "/applications/dockerimage", body)["uuid"])
    environment = [{"key": "DRAIN_SECONDS", "value": "3", "is_literal": True}]
    platform.api("PATCH", f"/applications/{uuid}/envs/bulk", {"data": environment})
    text = base64.b64encode("\n".join(routing("api", HOST, 3000, "/health")).encode()).decode()
    platform.api("PATCH", f"/applications/{uuid}", {"custom_labels": text})
    return uuid


def log_of(deployment: dict[str, Any]) -> str:
    """The lines of a deployment's log."""
    return "\n".join(entry["output"] for entry in json.loads(deployment["logs"]))

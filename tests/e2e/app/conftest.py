"""The app's two images on a local cloud's network, with its database and its Redis."""

from __future__ import annotations

import json
import subprocess
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from common.waiting import NotYetError, wait_until
from localcloud.node import docker_engine
from localcloud.node.images import builder
from localcloud.redis import URL as REDIS_URL
from localcloud.supabase.constants import PASSWORD, POOLER_HOST
from tests.e2e.conftest import Cloud, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

_SERVER = f"postgres:{PASSWORD}@{POOLER_HOST}"
DIRECT_URL = f"postgresql://{_SERVER}:5432/postgres"
POOLED_URL = f"postgresql://{_SERVER}:6543/postgres?pgbouncer=true&connection_limit=2"
ASYNCPG_URL = f"postgresql+asyncpg://{_SERVER}:6543/postgres?prepared_statement_cache_size=0"
ENVIRONMENT = {
    "backend": {
        "NODE_ENV": "production",
        "DATABASE_URL": POOLED_URL,
        "DIRECT_URL": DIRECT_URL,
        "REDIS_URL": REDIS_URL,
        "JWT_SECRET": "j" * 32,
        "EMAIL_ENABLED": "false",
        "ML_SERVICE_URL": "http://nutri-ml-service:8000",
        "RATE_LIMIT_MAX": "100000",
    },
    "ml-service": {
        "ENVIRONMENT": "production",
        "DATABASE_URL": ASYNCPG_URL,
        "REDIS_URL": REDIS_URL,
        "SECRET_KEY": "s" * 32,
    },
}
_PORTS = {"backend": 3000, "ml-service": 8000}


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run Docker's own command line."""
    done = subprocess.run(
        ["docker", *words], capture_output=True, text=True, check=False, timeout=120
    )
    assert not check or done.returncode == 0, done.stderr
    return done


@dataclass(frozen=True)
class Container:
    """A running container of the app."""

    name: str
    port: int

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        address = docker("port", self.name, f"{self.port}/tcp").stdout.split()[0]
        return f"http://{address}"

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One request."""
        return httpx.request(method, self.url + path, json=body, timeout=30, trust_env=False)

    def until_alive(self) -> None:
        """Wait until it answers at all."""

        def look() -> bool:
            try:
                return self.ask("GET", "/health/live").is_success
            except httpx.HTTPError as error:
                raise NotYetError(f"{error!r}: {self.log()[-500:]}") from error

        wait_until(self.name, look, bound=60, interval=0.2)

    def health(self) -> dict[str, Any]:
        """What `/health` says."""
        return dict(self.ask("GET", "/health").json())

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a command in it."""
        return docker("exec", self.name, *words, check=False)

    def until_ended(self) -> None:
        """Wait until its process has ended."""
        wait_until(self.name, lambda: self.state()["Status"] == "exited", bound=30)

    def log(self) -> str:
        """Both its outputs."""
        done = docker("logs", self.name)
        return done.stdout + done.stderr

    def state(self) -> dict[str, Any]:
        """Docker's state of it."""
        return dict(json.loads(docker("inspect", "--format", "{{json .State}}", self.name).stdout))


@dataclass
class App:
    """A local cloud, and containers of the app on its network."""

    cloud: Cloud
    images: dict[str, str]
    number: int = 0
    mine: list[str] = field(default_factory=list)

    @property
    def network(self) -> str:
        """The cloud's network."""
        return f"localcloud-{self.cloud.lane.name}"

    def start(
        self, service: str, *options: str, tag: str = "good-1", **variables: str
    ) -> Container:
        """Start a container with a right environment, but for what is given."""
        self.number += 1
        name = f"{self.network}-{service}-{self.number}"
        given = ENVIRONMENT[service] | variables
        words = (word for key, value in given.items() for word in ("--env", f"{key}={value}"))
        docker(
            *("run", "--detach", "--name", name, "--network", self.network),
            *("--label", f"localcloud.instance={self.cloud.lane.name}"),
            *("--publish", f"127.0.0.1::{_PORTS[service]}", *options, *words),
            self.images[f"{service}-{tag}"],
        )
        self.mine.append(name)
        return Container(name, _PORTS[service])

    def trouble(self, kind: str) -> None:
        """Have something be wrong with Redis."""
        self.cloud.knob("PATCH", "/redis/", {"trouble": kind})

    def forget(self) -> None:
        """Remove the containers of a test."""
        if self.mine:
            docker("rm", "--force", "--volumes", *self.mine)
        self.mine.clear()


TAGS = (
    *("backend-good-1", "backend-never-healthy", "backend-without-prisma"),
    "ml-service-good-1",
)


@pytest.fixture(scope="module")
def whole(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[App]:
    """A local cloud with its database and its Redis."""
    with local_cloud(cloud_environment, tmp_path_factory.mktemp("app-cloud")) as cloud:
        instance = cloud.lane.instance(cloud.home)
        images = builder(docker_engine.connect(), instance).ensure(TAGS)
        wait_until("the database", lambda: _is_active(cloud), bound=60)
        yield App(cloud, images)


def _is_active(cloud: Cloud) -> bool:
    return bool(cloud.supabase("GET", "")["status"] == "ACTIVE_HEALTHY")


@pytest.fixture
def app(whole: App) -> Iterator[App]:
    """It, without containers of another test, and with nothing wrong."""
    yield whole
    whole.forget()
    whole.trouble("none")


@pytest.fixture(scope="module")
def pair(whole: App) -> Iterator[tuple[Container, Container]]:
    """A backend with its ML service."""
    ml = whole.start("ml-service", "--network-alias", "nutri-ml-service")
    backend = whole.start("backend", TRUST_PROXY="1")
    names, whole.mine = tuple(whole.mine), []
    for one in (backend, ml):
        one.until_alive()
    yield backend, ml
    docker("rm", "--force", "--volumes", *names)


def seconds_of(began: float) -> float:
    """How long it is ago."""
    return time.monotonic() - began

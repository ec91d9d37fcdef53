"""One platform with its database, shared by all tests of this folder."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import httpx
import psycopg
import pytest

from common.waiting import wait_until
from tests.e2e.conftest import Cloud, Stack, empty_stack, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target

REF = "localcloudnutriaaaaa"
PASSWORD = "localcloud-database"


@dataclass(frozen=True)
class Platform:
    """A running platform, its double and its database."""

    cloud: Cloud
    stack: Stack
    target: Target

    def sql(self, statement: str, port: int = 5432) -> list[tuple[Any, ...]]:
        """The rows of a statement."""
        return sql(self.cloud, statement, port)

    def api(self, method: str, path: str, body: object = None) -> httpx.Response:
        """One request to nutri-backend, from outside."""
        service = next(one for one in self.target.services if one.name == "nutri-backend")
        host = httpx.URL(service.url).host
        trust = ssl.create_default_context(cafile=self.target.vantage.ca_bundle)
        with httpx.Client(verify=trust, timeout=30, trust_env=False) as client:
            return client.request(
                method,
                f"https://{self.target.servers[0].ipv4}{path}",
                json=body,
                headers={"Host": host},
                extensions={"sni_hostname": host},
            )

    def status(self) -> str:
        """The project's status."""
        return str(self.cloud.supabase("GET", "")["status"])

    def until(self, status: str) -> None:
        """Wait for the project's status."""
        wait_until(f"the project to be {status}", lambda: self.status() == status, bound=120)

    def until_app(self, state: str) -> None:
        """Wait until the app says so of its database: `healthy` or `unhealthy`."""
        wait_until(
            f"the app's database to be {state}", lambda: self.app_database() == state, bound=60
        )

    def app_database(self) -> str:
        """What the app says of its database."""
        return str(self.api("GET", "/health").json()["checks"]["database"]["status"])


def sql(
    cloud: Cloud,
    statement: str,
    port: int = 5432,
    address: str = "",
    user: str = "postgres",
) -> list[tuple[Any, ...]]:
    """The rows of a statement, by a client of this machine (no address: of REF)."""
    with psycopg.connect(
        host=address or f"127.{cloud.lane.block}.255.1",
        port=port,
        user=user,
        password=PASSWORD,
        dbname="postgres",
        autocommit=True,
        prepare_threshold=None,
        connect_timeout=10,
    ) as connection:
        found = connection.execute(statement)
        return found.fetchall() if found.description else []


@pytest.fixture(scope="session")
def database_cloud(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cloud]:
    """A local cloud of this folder's own."""
    home = tmp_path_factory.mktemp("database-cloud")
    with local_cloud(cloud_environment, home) as cloud:
        yield cloud


@pytest.fixture(scope="session")
def platform(database_cloud: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Platform:
    """The platform, up and verified."""
    stack = empty_stack(database_cloud, tmp_path_factory.mktemp("database-stack"))
    stack.up()
    return Platform(database_cloud, stack, stack.described())

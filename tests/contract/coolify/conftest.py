"""One PostgreSQL for all tests of Coolify's API, a fresh instance for each."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.contract.coolify_double import CoolifyDouble, reset, started
from tests.postgres import server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """A running PostgreSQL."""
    with server(15, admin="coolify") as postgres:
        yield f"host=127.0.0.1 port={postgres.port} user={postgres.admin}"


@pytest.fixture(scope="session")
def host_key(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The private key an installer leaves for localhost."""
    path = tmp_path_factory.mktemp("key") / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "coolify", "-f", str(path)]
    subprocess.run(command, check=True)
    return path.read_text()


@pytest.fixture(scope="session")
def coolify_process(
    postgres_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CoolifyDouble]:
    """One instance for all tests."""
    double = started(postgres_url, tmp_path_factory.mktemp("ssh"))
    yield double
    double.close()


@pytest.fixture
def coolify(coolify_process: CoolifyDouble, host_key: str) -> CoolifyDouble:
    """An instance that is as after its first start, and answers to a root token."""
    reset(coolify_process, host_key)
    return coolify_process


@pytest.fixture
def spare_key(tmp_path: Path) -> str:
    """A private key nobody knows yet."""
    path = tmp_path / "spare"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)], check=True)
    return path.read_text()

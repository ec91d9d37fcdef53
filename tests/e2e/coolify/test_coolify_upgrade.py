"""Another version of Coolify: up is an update that keeps all, down is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.coolify.client import over
from clients.ssh import SshClient
from tests.e2e.conftest import own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(1500),
]

BEFORE, LATER = "4.3.10", "4.3.23"
_APPS = "docker ps --filter label=coolify.applicationId --format '{{.ID}} {{.Image}}' | sort"
_KEPT = f"gzip -dc /data/coolify/nutri-before-{LATER}.sql.gz | grep -c 'CREATE TABLE'"


@pytest.fixture(scope="module")
def upgraded(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A platform with one version of Coolify."""
    with own_stack(cloud_environment, tmp_path_factory, "upgrade") as stack:
        stack.up()
        yield stack


def _seen(stack: Stack) -> tuple[str, list[str], str]:
    """The version, the applications Coolify knows, and their containers."""
    target = stack.described()
    with SshClient(target.servers[0].ssh) as server, over(server, target.coolify) as coolify:
        known = sorted(str(one["uuid"]) for one in coolify.get("/applications"))
        return coolify.get("/version").strip(), known, server.run(_APPS).stdout


def test_up_is_an_update_that_keeps_all(upgraded: Stack) -> None:
    """The plan says what happens; applications serve on; Coolify's database is kept from before."""
    version, known, containers = _seen(upgraded)
    assert version == BEFORE
    upgraded.config["nutri:coolifyVersion"] = LATER
    upgraded.pulumi("config")  # which writes the file
    planned = upgraded.runbook("plan")
    assert f"from {BEFORE} to {LATER}" in planned.stdout, planned.stdout
    assert "delete" not in upgraded.up()
    assert _seen(upgraded) == (LATER, known, containers)
    with SshClient(upgraded.described().servers[0].ssh) as server:
        assert int(server.run(_KEPT).stdout) > 5
    assert upgraded.pulumi("preview", "--expect-no-changes").returncode == 0, upgraded.last


def test_down_is_refused_and_touches_nothing(upgraded: Stack) -> None:
    """Its database was migrated; the refusal names the ways back there are."""
    before = _seen(upgraded)
    upgraded.config["nutri:coolifyVersion"] = BEFORE
    assert upgraded.pulumi("up", "--yes", "--skip-preview").returncode != 0
    assert f"{BEFORE} is older than {LATER}, which is installed" in upgraded.last
    assert f"nutri-before-{LATER}.sql.gz" in upgraded.last
    assert "Traceback" not in upgraded.last
    upgraded.config["nutri:coolifyVersion"] = LATER
    assert _seen(upgraded) == before
    assert set(upgraded.up()) <= {"update"}  # verified again, as after any update that failed

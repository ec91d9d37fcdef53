"""An older dump of Coolify's own database was put back: `up` heals what it does not hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.ssh import SshClient
from tests.e2e.conftest import Stack, ask, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1500)]
_DUMP = (
    "docker exec coolify-db pg_dump -U coolify -d coolify --format=custom --no-acl --no-owner "
    "--file=/tmp/older.dump"
)
_PUT_BACK = """
set -e
docker stop coolify coolify-redis
docker exec coolify-db pg_restore -U coolify -d coolify --clean --if-exists --exit-on-error \
  --no-acl --no-owner /tmp/older.dump
docker exec coolify-db psql -q -U coolify -d coolify -c 'delete from personal_access_tokens'
docker start coolify-redis coolify
"""
_LEFT = (
    "docker ps --all --filter label=coolify.managed=true --format '{{.Label \"coolify.name\"}}'"
    " | sort --unique"
)


@pytest.fixture(scope="module")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A platform that has grown by a replica since the dump, which is older than its token too."""
    with own_stack(cloud_environment, tmp_path_factory, "restored") as made:
        made.change("nutri-backend", replicas=1)
        made.up()
        with SshClient(made.described().servers[0].ssh) as server:
            server.run(_DUMP)
            made.change("nutri-backend", replicas=2)
            made.up()
            server.run("bash -s", stdin=_PUT_BACK, timeout=120)
        yield made


def test_the_check_names_the_one_command(stack: Stack) -> None:
    """The token is what is missed first."""
    told = stack.runbook("check", "coolify-token")
    assert told.returncode == 1
    assert "`pulumi up`" in told.stdout


def test_up_and_once_more_as_it_says(stack: Stack) -> None:
    """The first mints the token and says what to do; the second makes what the dump lacked."""
    stack.up()
    assert "run `pulumi up` once more, in case its database was restored" in stack.last
    assert stack.up()["create"] >= 1


def test_nothing_runs_that_coolify_does_not_know(stack: Stack) -> None:
    """The replica that the dump lacked serves once, as the application made anew."""
    target = stack.described()
    known = sorted(uuid for one in target.services for uuid in one.applications)
    with SshClient(target.servers[0].ssh) as server:
        assert server.run(_LEFT).stdout.split() == known


def test_all_is_well_and_nothing_differs(stack: Stack) -> None:
    """Every check is green, users are served, and a refresh finds what the program wants."""
    done = stack.runbook("check")
    assert done.returncode == 0, done.stdout
    assert ask(stack.described(), "api.nutri.test", "/health").status_code == 200
    done = stack.pulumi("up", "--yes", "--skip-preview", "--expect-no-changes")
    assert done.returncode == 0, stack.last

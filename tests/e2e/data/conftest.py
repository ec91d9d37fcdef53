"""One platform whose database is dumped, on a local cloud of its own."""

from __future__ import annotations

import contextlib
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import httpx
import pytest

from clients.ssh import Result, SshClient
from localcloud.node.storage_boxes import public_host_key
from localcloud.supabase.constants import DIRECT_PORT, PASSWORD, POOLER_HOST
from tests.e2e.conftest import own_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import Target
    from tests.e2e.conftest import Cloud, Stack

RESTIC_PASSWORD = "a-restic-password"
DIRECT_URL = (
    f"postgresql://postgres:{PASSWORD}@{POOLER_HOST}:{DIRECT_PORT}/postgres?sslmode=disable"
)
SCRATCH_IMAGE = "docker.localcloud.test/library/postgres:{major}-alpine"


@dataclass
class Platform:
    """The platform and its first server."""

    cloud: Cloud
    stack: Stack
    target: Target
    ssh: SshClient

    def run(self, command: str, stdin: str | None = None, *, check: bool = True) -> Result:
        """Run a command on the server."""
        return self.ssh.run(command, stdin=stdin, timeout=300, check=check)

    def dump(self, command: str = "now", stdin: str | None = None) -> Any:  # noqa: ANN401 - JSON
        """What the dump program prints."""
        return json.loads(self.run(f"nutri-dump {command}", stdin).stdout)

    def refused(self, command: str = "now", stdin: str | None = None) -> str:
        """What the dump program says where it must fail."""
        done = self.run(f"nutri-dump {command}", stdin, check=False)
        assert done.code == 1, done.stdout + done.stderr
        return done.stderr

    def sql(self, statements: str, url: str = DIRECT_URL) -> str:
        """What the database answers, asked from the server."""
        command = f"psql -XAtq -v ON_ERROR_STOP=1 {url!r} -f -"
        return self.run(command, statements).stdout.strip()

    def verdicts(self) -> dict[str, tuple[str, str]]:
        """Status and message of the checks of the dumps."""
        done = self.stack.runbook(
            "check", "dump-age", "dump-repository", "dump-timer", "proven-restore", "--json"
        )
        found = json.loads(done.stdout)
        return {one["check"]: (one["status"], one["message"]) for one in found["results"]}

    def box(self, command: str) -> str:
        """Run a shell command in the Storage Box's own host, as its administrator."""
        import docker  # noqa: PLC0415 - takes a while

        client = docker.from_env()
        (container,) = client.containers.list(
            filters={
                "label": ["localcloud.storage-box", f"localcloud.instance={self.cloud.lane.name}"]
            }
        )
        code, output = container.exec_run(["sh", "-c", command])
        assert code == 0, output
        return cast("bytes", output).decode()

    @contextlib.contextmanager
    def trouble(self, kind: str) -> Iterator[None]:
        """Storage in trouble, for as long as the context lasts."""
        url = f"http://127.0.0.1:{self.cloud.port}/_localcloud/knobs"
        httpx.patch(url, json={"storage_boxes": kind}, timeout=60).raise_for_status()
        try:
            yield
        finally:
            httpx.patch(url, json={"storage_boxes": "none"}, timeout=60).raise_for_status()


def damage_is_loud(platform: Platform, administer: Callable[[str], str], folder: str) -> None:
    """A file of the repository is cut off: its check fails and is red, until the file is back.

    Args:
        platform: the platform.
        administer: runs a shell command where the repository is.
        folder: the repository's.
    """
    pack = administer(f"find {folder}/data -type f -size +20k | head -1").strip()
    administer(f"cp -p {pack} /root/pack && truncate -s -100 {pack}")
    try:
        assert platform.refused("check")
        assert platform.verdicts()["dump-repository"][0] == "red"
    finally:
        administer(f"cp -p /root/pack {pack}")
    platform.dump("check")
    assert platform.verdicts()["dump-repository"][0] == "green"


def configure(stack: Stack) -> None:
    """Have the stack dump its database."""
    stack.config |= {
        "nutri:dumps": True,
        "nutri:dumpHostKey": public_host_key(),
        "nutri:scratchImage": SCRATCH_IMAGE,
    }
    stack.set_secret("nutri:resticPassword", RESTIC_PASSWORD)


@pytest.fixture(scope="module")
def platform(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The platform, up, its first dump taken."""
    with own_stack(cloud_environment, tmp_path_factory, "dumps") as stack:
        configure(stack)
        stack.up()
        with standing(stack) as made:
            yield made


@contextlib.contextmanager
def standing(stack: Stack) -> Iterator[Platform]:
    """The platform of a stack that is up, with a connection to its server."""
    target = stack.described()
    with SshClient(target.servers[0].ssh) as ssh:
        yield Platform(stack.cloud, stack, target, ssh)

"""The state in a bucket of a real S3 server: brought up, looked at, held by somebody else."""

from __future__ import annotations

import os
import socket
import subprocess
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
import yaml

from common.waiting import wait_until
from localcloud.cleanup import remove_all
from localcloud.node import docker_engine
from localcloud.node.archives import File, put_files
from localcloud.node.ca import ensure_authority, issue
from localcloud.node.network import ensure_network
from localcloud.node.object_storage import KEY_ID, SECRET, ObjectStorage, Trouble
from runbook import locks
from tests.e2e.conftest import ROOT
from tests.e2e.lanes import claim

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from localcloud.settings import Instance

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(900),
]

_BUCKET, _SECRET = "nutri-state", "v3ry-s3cret"
_PROGRAM = """import pathlib, time, pulumi
pathlib.Path("running").touch()
while pathlib.Path("hold").exists():
    time.sleep(0.1)
pulumi.export("shown", pulumi.Config().require_secret("redisUrl"))
"""


@dataclass(frozen=True)
class Place:
    """A project whose state is in the bucket, as `Pulumi.prod.env` says it."""

    folder: Path
    storage: ObjectStorage
    environment: dict[str, str]

    def start(self, *words: str) -> subprocess.Popen[str]:
        """Start the engine."""
        return subprocess.Popen(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env=self.environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def pulumi(self, *words: str, given: str = "") -> tuple[int, str]:
        """Run the engine to its end: its code, and what it said."""
        started = self.start(*words)
        said, _ = started.communicate(given, timeout=200)
        return started.returncode, said

    def done(self, *words: str, given: str = "") -> str:
        """Run the engine, which has to end well."""
        code, said = self.pulumi(*words, given=given)
        assert code == 0, said
        return said

    def objects(self) -> str:
        """The names in the bucket."""
        store = f"/srv/store/buckets/{_BUCKET}"
        return self.storage.run(f"cd {store} && find . -type f")


def _certify(instance: Instance, address: str) -> None:
    """Have the server known by its address: this machine's resolver has no name for it."""
    container = docker_engine.connect().containers.get(f"{instance.prefix}-object-storage")
    leaf = issue(ensure_authority(instance), (address,))
    folder = "/etc/object-storage"
    put_files(
        container,
        [File(f"{folder}/tls.crt", leaf.certificate), File(f"{folder}/tls.key", leaf.key, 0o600)],
    )


def _environment(instance: Instance, address: str, folder: Path) -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PULUMI_CONFIG", "AWS_"))}
    credentials = folder / "prod.credentials"
    credentials.write_text(
        f"[default]\naws_access_key_id={KEY_ID}\naws_secret_access_key={SECRET}\n"
    )
    where = f"endpoint=https://{address}&region=us-east-1&s3ForcePathStyle=true"
    return kept | {
        "PATH": f"{ROOT / '.venv/bin'}:{os.environ['PATH']}",
        "PULUMI_BACKEND_URL": f"s3://{_BUCKET}?{where}",
        "PULUMI_CONFIG_PASSPHRASE": "a passphrase of the tests",
        "PULUMI_SKIP_UPDATE_CHECK": "1",
        "AWS_SHARED_CREDENTIALS_FILE": str(credentials),
        "AWS_EC2_METADATA_DISABLED": "true",
        "SSL_CERT_FILE": str(instance.home / "ca.crt"),
        "PYTHONPATH": str(ROOT),
    }


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """A bucket, and a stack in it."""
    folder = tmp_path_factory.mktemp("bucket")
    with claim() as lane:
        instance = lane.instance(tmp_path_factory.mktemp("bucket-cloud"))
        client = docker_engine.connect()
        try:
            ensure_network(client, instance)
            storage = ObjectStorage(client, instance)
            storage.add_bucket(_BUCKET)
            address = storage.run("hostname -i").split()[0]
            _certify(instance, address)
            storage.set_trouble(Trouble.NONE)
            yield _stack(Place(folder, storage, _environment(instance, address, folder)))
        finally:
            remove_all(instance, lambda _line: None)


def _stack(place: Place) -> Place:
    (place.folder / "__main__.py").write_text(_PROGRAM)
    (place.folder / ".venv").symlink_to(ROOT / ".venv")
    runtime = {"name": "python", "options": {"virtualenv": ".venv"}}
    (place.folder / "Pulumi.yaml").write_text(yaml.safe_dump({"name": "nutri", "runtime": runtime}))
    place.done("stack", "init", "prod", "--secrets-provider", "passphrase")
    place.done("config", "set", "--secret", "nutri:redisUrl", given=_SECRET)
    place.done("up", "--yes", "--skip-preview")
    return place


@contextmanager
def _held(place: Place) -> Iterator[int]:
    """An update that somebody else has under way; its process."""
    for name in ("hold", "running"):
        (place.folder / name).unlink(missing_ok=True)
    (place.folder / "hold").touch()
    other = place.start("up", "--yes", "--skip-preview")

    def has_begun() -> bool:
        assert other.poll() is None, other.communicate()
        return (place.folder / "running").exists()

    try:
        wait_until("the other's update", has_begun, bound=120)
        yield other.pid
    finally:
        (place.folder / "hold").unlink()
        other.communicate(timeout=120)


def test_the_state_is_in_the_bucket_and_opens_again(place: Place) -> None:
    """From another clone too, with the same passphrase; no secret is in clear there."""
    assert "./.pulumi/stacks/nutri/prod.json" in place.objects()
    assert "/locks/" not in place.objects()
    place.done("preview", "--expect-no-changes")
    found = place.storage.run(f"grep -rl {_SECRET} /srv/store/buckets/{_BUCKET} || true")
    assert not found.strip()
    shown = place.done("stack", "output", "shown", "--show-secrets")
    assert shown.strip() == _SECRET


def test_who_holds_it_is_told(place: Place) -> None:
    """By the engine's words, which `runbook` reads: who, from where, and what clears it."""
    with _held(place) as process:
        code, said = place.pulumi("up", "--yes", "--skip-preview")
    assert code != 0
    (lock,) = locks.in_output(said) or []
    assert (lock.host, lock.pid) == (socket.gethostname(), process), said
    assert "`pulumi cancel --stack prod` clears it" in lock.line("prod")
    place.done("up", "--yes", "--skip-preview")


def test_a_lock_of_a_dead_process_is_cleared_as_told(place: Place) -> None:
    """The machine was switched off in the middle: `pulumi cancel`, and on."""
    with _held(place):
        left = next(one for one in place.objects().split() if "/locks/" in one)
        store = f"/srv/store/buckets/{_BUCKET}"
        place.storage.run(f"cp {store}/{left} /tmp/lock")
    place.storage.run(f"mkdir -p $(dirname {store}/{left}) && cp /tmp/lock {store}/{left}")
    code, said = place.pulumi("up", "--yes", "--skip-preview")
    assert code != 0
    (lock,) = locks.in_output(said) or []
    assert lock.is_dead, said
    place.done("cancel", "--yes", "--stack", "prod")
    place.done("up", "--yes", "--skip-preview")


def test_a_bucket_that_is_away_changes_nothing(place: Place) -> None:
    """Nobody listens: the engine says so, and all is there afterwards."""
    place.storage.set_trouble(Trouble.REFUSED)
    try:
        code, said = place.pulumi("preview")
    finally:
        place.storage.set_trouble(Trouble.NONE)
    assert code != 0
    assert "connection refused" in said
    place.done("preview", "--expect-no-changes")

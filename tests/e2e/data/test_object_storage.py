"""Dumps in a bucket of an S3 server: taken, restored, refused, broken, used after a disaster."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from localcloud.node import docker_engine
from localcloud.node.object_storage import SECRET, ObjectStorage, Trouble
from localcloud.settings import Instance
from tests.e2e.conftest import own_stack
from tests.e2e.data.conftest import configure, damage_is_loud, standing

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.data.conftest import Platform

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.timeout(1500),
]

_BUCKET = "nutri-dumps"
_CHECKS = ("dump-age", "dump-repository", "dump-timer", "proven-restore")


@pytest.fixture(scope="module")
def platform(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Platform]:
    """The platform, up, its first dump in a bucket."""
    secret = {"NUTRI_KIT_PASSPHRASE": "a passphrase of the kit"}
    environment = cloud_environment | secret
    with own_stack(environment, tmp_path_factory, "objects") as stack:
        made = stack.cloud.localcloud("bucket", _BUCKET)
        assert made.returncode == 0, made.stdout + made.stderr
        shown = dict(
            line.split(maxsplit=1)
            for line in made.stdout.splitlines()
            if line.startswith("nutri:dump")
        )
        configure(stack)
        stack.config["nutri:dumpRepository"] = shown.pop("nutri:dumpRepository")
        stack.set_secrets(shown)
        stack.up()
        with standing(stack) as there:
            yield there


@pytest.fixture
def storage(platform: Platform) -> ObjectStorage:
    """The S3 server, as its administrator has it."""
    instance = Instance.from_env(platform.cloud.environment)
    return ObjectStorage(docker_engine.connect(), instance)


@contextmanager
def _trouble(storage: ObjectStorage, kind: Trouble) -> Iterator[None]:
    storage.set_trouble(kind)
    try:
        yield
    finally:
        storage.set_trouble(Trouble.NONE)


def _json(platform: Platform, *words: str) -> Any:  # noqa: ANN401
    done = platform.stack.runbook(*words, "--json", timeout=1200)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def test_the_first_up_took_a_dump_and_saw_it_come_back(
    platform: Platform, storage: ObjectStorage
) -> None:
    """The checks are green, what lies in the bucket is encrypted, and the key in no open file."""
    statuses = {name: status for name, (status, _) in platform.verdicts().items()}
    assert statuses == dict.fromkeys(_CHECKS, "green")
    packs = storage.run(f"find /srv/store/buckets/{_BUCKET}/nutri/data -type f | wc -l")
    assert int(packs) > 0
    assert not storage.run(f"grep -rl heartbeat /srv/store/buckets/{_BUCKET} || true").strip()
    state = (platform.stack.folder / "state").rglob("*.json")
    assert not [file for file in state if SECRET in file.read_text()]
    assert SECRET not in platform.run("ps -eo args").stdout
    modes = platform.run("stat -c %a /etc/nutri/dumps/*").stdout.split()
    assert set(modes) == {"600"}


def test_dumps_are_listed_and_come_back(platform: Platform) -> None:
    """By the CLI, the newest first; into a scratch database, with its rows."""
    taken = _json(platform, "dump", "now")
    assert _json(platform, "dump", "list")["dumps"][0]["run"] == taken["run"]
    done = _json(platform, "restore", "--to", "scratch")
    assert done["dump"]["run"] == taken["run"]
    assert done["tables"]["public.users"] == int(platform.sql("select count(*) from users;"))


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        (Trouble.REFUSED, "refuses connections"),
        (Trouble.LOGIN, "nutri:dumpKeySecret"),
        (Trouble.FULL, "is full"),
    ],
)
def test_a_bucket_in_trouble_is_loud(
    platform: Platform, storage: ObjectStorage, kind: Trouble, says: str
) -> None:
    """The dump fails with its reason, and the checks are red; afterwards all is well again."""
    before = platform.dump("list")[0]["run"]
    platform.sql(
        "create table ballast as select md5(n::text) as t from generate_series(1, 9999) n;"
    )
    with _trouble(storage, kind):
        assert says in platform.refused()
        status, message = platform.verdicts()["dump-age"]
        assert (status, says in message) == ("red", True), message
    platform.sql("drop table ballast;")
    assert platform.dump("list")[0]["run"] == before
    platform.dump()
    assert platform.verdicts()["dump-age"][0] == "green"


def test_a_file_cut_off_in_the_bucket_is_loud(platform: Platform, storage: ObjectStorage) -> None:
    """The check finds it."""
    damage_is_loud(platform, storage.run, f"/srv/store/buckets/{_BUCKET}/nutri")


@pytest.mark.parametrize("name", ["corrupt-dump", "storage-refused"])
def test_the_drills_of_dumps(platform: Platform, name: str) -> None:
    """As with a Storage Box; what the checks read of the real dumps stays as it was."""
    before = platform.dump("evidence")["status"]
    assert _json(platform, "drill", name)["outcome"] == "recovered"
    assert platform.dump("evidence")["status"] == before


def test_a_lost_platform_and_its_data_come_back_from_the_bucket(
    platform: Platform, tmp_path: Path
) -> None:
    """By the kit alone, cut off once the data were there: what the last dump had is there again."""
    name = platform.stack.name
    told = _json(
        platform, "drill", "dr", name, "--lose", name, "--as", "s3dr",
        "--folder", str(tmp_path), "--lose-database", "--interrupt-after", "database",
    )  # fmt: skip
    assert told["outcome"] == "recovered", told
    assert 0 < told["measures"]["rows_lost"] < told["measures"]["rows_written"]
    assert "database" in [phase["name"] for phase in told["phases"]]

"""A disk that is really full: what fails says so, nothing is lost, and room heals all of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import own_stack
from tests.e2e.cuts.healed import require_well
from tests.e2e.cuts.moments import BACKEND
from tests.e2e.cuts.scene import PULUMI_UP, Scene

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(3000),
]

_ROOM = 300  # MiB that are free before it is filled
_USED = (
    "du -xsm /var/lib/docker /data /var/log /var/cache /var/tmp | awk '{sum += $1} END {print sum}'"
)
_FILLER = "/var/log/filler"
_FILL = f"for size in 64k 1; do dd if=/dev/zero of={_FILLER}.$size bs=$size 2>/dev/null; done"
_LEFT_KIB = 256  # what something of the platform gives back while it is filled
_COUNT = "select count(*) from applications"
_COOLIFY = "docker exec -i coolify-db psql -U coolify -d coolify -tA"


@pytest.fixture(scope="module")
def scene(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Scene]:
    """A platform with dumps, whose server gets a disk of its own size."""
    with own_stack(cloud_environment, tmp_path_factory, "disk") as stack:
        stack.config["nutri:dumps"] = True
        stack.set_secret("nutri:resticPassword", "restic-password-of-the-double")
        stack.up()
        made = Scene(stack, tmp_path_factory.mktemp("disk-logs"))
        size = int(made.inside(_USED)) * 5 // 4 + _ROOM
        stack.cloud.knob("POST", f"/servers/{made.server}/disk", {"mebibytes": size})
        yield made


def _dumps(scene: Scene) -> list[str]:
    code, said = scene.run("runbook", "dump", "list", "--json")
    assert code == 0, said
    found, _ = json.JSONDecoder().raw_decode(said[said.index("{\n") :])
    return [str(one["run"]) for one in found["dumps"]]


def test_nothing_is_lost_on_a_full_disk(scene: Scene) -> None:
    """Check, dump, restore, deploy and prune on it; then room, and the same command again."""
    code, said = scene.run(*PULUMI_UP)
    assert code == 0, said  # Docker was stopped for the new disk
    known, dumps, tag = scene.inside(f"echo '{_COUNT}' | {_COOLIFY}"), _dumps(scene), "good-2"
    scene.sql("create table if not exists cuts (mark text primary key)")
    scene.sql("insert into cuts values ('full disk')")
    scene.inside(_FILL)
    assert int(scene.inside("df --output=avail /var/lib/docker | tail -1")) < _LEFT_KIB

    code, said = scene.run("runbook", "check", "disk")
    assert (code, "docker prune" in said) == (1, True), said
    for words in (("dump", "now"), ("restore", "--to", "scratch")):
        code, said = scene.run("runbook", *words)
        assert (code == 0) or "runbook: " in said, said
        assert "Traceback" not in said
    scene.change(BACKEND, tag=tag)
    code, said = scene.run(*PULUMI_UP)
    assert (code != 0, "no space left" in said.lower()) == (True, True), said[-3000:]
    assert "Traceback" not in said
    assert {one["tag"] for one in scene.containers(BACKEND) if "Up" in one["state"]} == {"good-1"}
    code, said = scene.run("runbook", "docker", "prune", "--yes")
    assert (code, "build cache: " in said) == (0, True), said

    scene.inside(f"rm -f {_FILLER}.*")
    code, said = scene.run(*PULUMI_UP)
    assert code == 0, said[-3000:]
    require_well(scene, "full disk")
    assert scene.inside(f"echo '{_COUNT}' | {_COOLIFY}") == known
    code, said = scene.run("runbook", "dump", "now")
    assert code == 0, said
    assert dumps[0] in _dumps(scene)[1:]  # the newest of before; older ones may go by their rule

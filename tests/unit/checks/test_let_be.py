"""What looks bad and is not: a peak, a few errors, a container that may use all."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from checks.capacity import collect_cpu, judge_cpu
from clients.ssh import Result
from tests.unit.checks.conftest import recorded

if TYPE_CHECKING:
    from tests.unit.checks.conftest import World


def _stats(cpu: str, memory: str = "1.00%") -> str:
    row = {"ID": "app-x", "Name": "app-x", "CPUPerc": cpu, "MemPerc": memory}
    return json.dumps(row | {"MemUsage": "1MiB / 1GiB"}) + "\n"


class _Observer:
    """Snapshots in the order given."""

    def __init__(self, target: object, stats: list[str]) -> None:
        self.target = target
        self._left = stats

    def ssh(self, _server: object) -> Any:  # noqa: ANN401 - stands for SshClient
        return self

    def run(self, _script: str) -> Result:
        return Result(recorded("snapshot.txt", stats=self._left.pop(0)), "", 0)

    def once(self, _key: object, look: Any) -> Any:  # noqa: ANN401 - stands for Observer
        return look()


@pytest.mark.parametrize(
    ("stats", "is_green", "left"),
    [
        (["20%", "190%"], True, 1),
        (["195%", "20%", "190%"], True, 1),
        (["195%", "185%", "199%", "20%"], False, 1),
    ],
)
def test_a_peak_is_no_overload(stats: list[str], is_green: bool, left: int, world: World) -> None:
    """A server that is busy is looked at again, three times at most."""
    rows = [_stats(cpu) for cpu in stats]
    with world.observed() as (target, _):
        observer: Any = _Observer(target, rows)
        taken = collect_cpu(observer, target.servers[0])
    assert judge_cpu(target.servers[0], taken, target).is_green == is_green
    assert len(rows) == left


def test_a_container_without_a_limit_may_use_what_there_is(world: World) -> None:
    """Its part of the whole memory is the server's to judge."""
    world.snapshot = {"stats": _stats("1.00%", "97.0%")}
    assert world.report("memory").exit_code == 0


def test_a_few_errors_are_let_be_however_few_lines_there_are(world: World) -> None:
    """Four of four are no trend; nor are four slow requests."""
    world.log = ['Z {"level": "error"}'] * 4
    assert world.report("errors").exit_code == 0
    slow = json.dumps({"event": "request_completed", "path": "/x", "duration_ms": 9000})
    world.log = [f"Z {slow}"] * 4
    assert world.report("slow").exit_code == 0


def test_probes_count_neither_as_errors_nor_as_slow(world: World) -> None:
    """A draining replica answers 503 to them; `health` is what judges that."""
    fields = {"event": "request_completed", "path": "/health", "status": 503, "duration_ms": 9000}
    world.log = [f"Z {json.dumps(fields)}"] * 50
    assert world.report("errors", "slow").exit_code == 0

"""Docker pruned step by step, and on a disk that is full."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from clients.ssh import Result as Done
from runbook import pruning

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.unit.runbook.server import FakeServer

# docker 20.10
CONTAINERS = """\
Deleted Containers:
3f1e8fbd6a3a1b0f

Total reclaimed space: 1.234GB
"""
BUILD_CACHE = """\
ID\t\tRECLAIMABLE\tSIZE\tLAST ACCESSED
k0y1\ttrue\t3MB\t2 days ago
Total:\t3MB
"""
FULL = "ERROR: failed to prune build cache: write /var/lib/docker/x: no space left on device\n"
NOTHING = "Total reclaimed space: 0B\n"
BUILDER = "docker builder prune --force --filter until=1h"
STEPS = [
    "docker container prune --force --filter until=1h",
    "docker network prune --force --filter until=1h",
    "docker image prune --force --filter until=1h",
    BUILDER,
]


@pytest.fixture
def prunes(server: FakeServer) -> FakeServer:
    """A server whose Docker has something to free."""
    server.answers |= {
        "docker container prune": CONTAINERS,
        "docker network prune": "",
        "docker image prune": NOTHING,
        "docker builder prune": BUILD_CACHE,
        pruning.MAKE_ROOM: "Total: 2048kB\n",
    }
    return server


def test_each_step_tells_what_it_freed(
    prunes: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing younger than an hour, no image in use and no volume; no log where there is room."""
    assert run("docker", "prune", "--yes", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["server"], told["freed"]) == ("nutri-1", "1.234GB + 3MB")
    assert told["steps"]["build cache"] == "3MB"
    assert prunes.commands == STEPS


def test_images_are_asked_for_apart(prunes: FakeServer, run: Callable[..., int]) -> None:
    """Older than a week, so that a rollback finds the last ones."""
    assert run("docker", "prune", "--images") == 2
    assert prunes.commands == []
    assert run("docker", "prune", "--images", "--yes") == 0
    assert prunes.commands[3] == "docker image prune --all --force --filter until=168h"


def test_on_a_full_disk_room_is_made_and_the_step_tried_again(
    prunes: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """The build cache, which Docker cannot delete without writing, comes last."""
    answers = iter([Done("", FULL, 1), Done(BUILD_CACHE, "", 0)])
    prunes.answers["docker builder prune"] = lambda _: next(answers)
    assert run("docker", "prune", "--yes") == 0
    assert prunes.commands == [*STEPS, pruning.MAKE_ROOM, BUILDER]
    said = capsys.readouterr().out
    assert "nutri-1: 1.234GB + 2048kB + 3MB freed" in said
    assert "  journal and package cache: 2048kB" in said


def test_what_stays_full_is_told_with_a_way_out(
    prunes: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """And what was freed all the same."""
    prunes.answers["docker builder prune"] = Done("", FULL, 1)
    assert run("docker", "prune", "--yes") == 2
    said = capsys.readouterr().err
    assert "stopped containers: 1.234GB" in said
    assert "no space left on device" in said
    assert "runbook ssh -- du" in said


def test_another_error_is_not_taken_for_a_full_disk(
    prunes: FakeServer, run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing more is deleted for it."""
    prunes.answers["docker image prune"] = Done("", "Cannot connect to the Docker daemon\n", 1)
    assert run("docker", "prune", "--yes") == 2
    assert prunes.commands == STEPS
    said = capsys.readouterr().err
    assert "dangling images: Cannot connect" in said
    assert "du -xh" not in said


def test_what_says_nothing_has_freed_nothing() -> None:
    """Networks have no size."""
    assert pruning.freed_space("Deleted Networks:\nold\n") == "0B"

"""The scripts that checks send to a server, run by a real shell over a real OpenSSH."""

from __future__ import annotations

import os
import shutil
import time
from typing import TYPE_CHECKING

import pytest

from checks import snapshot, upkeep
from clients.ssh import SshClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import SshTarget


@pytest.fixture
def client(target: SshTarget) -> Iterator[SshClient]:
    """A connection to this very machine."""
    with SshClient(target) as made:
        yield made


@pytest.mark.docker
def test_a_snapshot_of_this_machine(client: SshClient) -> None:
    """Its cores, memory, root file system, clock and containers, as they are."""
    found = snapshot.parse(client.run(snapshot.SCRIPT).stdout)
    assert found.cores == os.cpu_count()
    assert 0 < found.memory_available < found.memory_total
    (root,) = [one for one in found.space if one.mount == "/"]
    usage = shutil.disk_usage("/")
    assert root.share == pytest.approx(usage.used / (usage.used + usage.free), abs=0.02)
    assert abs(found.clock - time.time()) < 5
    assert {len(life.id) for life in found.lives} <= {64}


@pytest.mark.skipif(not shutil.which("apt-get"), reason="a machine without apt has no such updates")
def test_the_upkeep_of_this_machine(client: SshClient) -> None:
    """Its kernel, and how old the lists of updates are."""
    found = upkeep.parse(client.run(upkeep.SCRIPT).stdout)
    assert found.kernel == os.uname().release
    assert found.lists_age_days >= 0

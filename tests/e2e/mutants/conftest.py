"""One platform for all mutants, all green as long as nothing is broken."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.ssh import SshClient
from tests.e2e.conftest import own_stack
from tests.e2e.data.conftest import configure as with_dumps
from tests.e2e.mutants.scene import Scene
from tests.e2e.mutants.whole import ON_REQUEST, Whole

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture(scope="module")
def whole(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Whole]:
    """A platform of its own, all checks green."""
    with own_stack(cloud_environment, tmp_path_factory, "mutants") as stack:
        # A budget that a busy machine can keep: what is broken is a great deal slower.
        stack.config["nutri:liveLatencyMs"] = 1500
        # Its program is changed to break it; the API tells no container and no version.
        stack.with_helping_app("nutri-ml-service")
        with_dumps(stack)
        stack.up()
        target = stack.described()
        with SshClient(target.servers[0].ssh) as ssh:
            made = Whole(Scene(stack.cloud, target, ssh, stack), stack)
            report = made.look(target, *ON_REQUEST)
            assert report.exit_code == 0, report.table()
            yield made

"""One platform for the deploys and resizes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from common.ssh import SshClient
from tests.e2e.conftest import own_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

NAME, PORT, BLOCK = "deploy", 8551, 219
_DELAY = "/data/coolify/proxy/localcloud-event-delay"


@pytest.fixture(scope="module")
def platform(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack that is up; its first choice of location has nothing of the tier left."""
    with own_stack(cloud_environment, tmp_path_factory, NAME, PORT, BLOCK) as stack:
        sold_out = {name: ["fsn1"] for name in ("cx33", "cpx32", "ccx23")}
        stack.cloud.knob("PATCH", "/knobs", {"sold_out": sold_out})
        stack.config["nutri:locationFallbacks"] = ["nbg1"]
        stack.up()
        stack.cloud.knob("PATCH", "/knobs", {"sold_out": {}})
        yield stack


@pytest.fixture
def target(platform: Stack) -> Target:
    """The stack's outputs."""
    return platform.described()


@pytest.fixture
def server(target: Target) -> Iterator[SshClient]:
    """The server, over SSH."""
    with SshClient(target.servers[0].ssh) as client:
        yield client


@pytest.fixture
def proxy_is_late(server: SshClient) -> Iterator[Callable[[float], None]]:
    """Make the proxy learn of started and stopped containers so many seconds late."""

    def late(seconds: float) -> None:
        server.run(f"echo {seconds} > {_DELAY}")

    yield late
    server.run(f"rm -f {_DELAY}")

"""One platform for the deploys and resizes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

from common.ssh import SshClient
from tests.e2e.conftest import own_stack

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

_DELAY = "/data/coolify/proxy/localcloud-event-delay"


@dataclass
class Refused:
    """A first `up` whose server Hetzner refused."""

    stack: Stack
    said: str
    addresses: list[dict[str, Any]]
    """The addresses it left."""


@pytest.fixture(scope="module")
def refused(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Refused]:
    """The last type of the tier that the first location offers is not to be had after all."""
    with own_stack(cloud_environment, tmp_path_factory, "deploy") as stack:
        stack.with_helping_app("nutri-backend", "nutri-ml-service")
        stack.config["nutri:locationFallbacks"] = ["nbg1"]
        sold_out = {name: ["fsn1"] for name in ("cpx32", "ccx23")}
        stack.cloud.knob("PATCH", "/knobs", {"sold_out": sold_out})
        refusal = {"method": "POST", "path": "^/servers$", "status": 412}
        stack.cloud.knob("POST", "/faults", refusal | {"code": "resource_unavailable"})
        assert stack.pulumi("up", "--yes", "--skip-preview").returncode != 0
        yield Refused(stack, stack.last, stack.cloud.api("/primary_ips")["primary_ips"])


@pytest.fixture(scope="module")
def platform(refused: Refused) -> Stack:
    """The same stack, up by the same command."""
    refused.stack.up()
    refused.stack.cloud.knob("PATCH", "/knobs", {"sold_out": {}})
    return refused.stack


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

"""One platform for the deploys and resizes."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from clients.coolify.client import over
from clients.ssh import SshClient
from common.waiting import wait_until
from tests.e2e.conftest import own_stack
from tests.e2e.deploy import late_docker

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from common.target import Target
    from tests.e2e.conftest import Stack

_LATE = "/run/late-docker"
_ENGINE = "/var/run/docker.sock"
_RUNNING = "docker inspect -f '{{.Id}} {{.State.Health.Status}}' coolify-proxy"


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
def proxy_is_late(target: Target, server: SshClient) -> Iterator[Callable[[float], None]]:
    """Make the proxy learn of started and stopped containers so many seconds late.

    It asks the engine through a socket that holds back what the engine tells of events.
    """

    def late(seconds: float) -> None:
        program = Path(late_docker.__file__).read_text(encoding="utf-8")
        server.run(f"install -d {_LATE}; cat >{_LATE}/late.py", stdin=program)
        server.run(f"systemd-run --quiet --unit=late-docker python3 {_LATE}/late.py {seconds}")
        _ask_through(target, server, f"{_LATE}/docker.sock")

    yield late
    _ask_through(target, server, _ENGINE)
    server.run(f"systemctl stop late-docker; rm -rf {_LATE}", check=False)


def _ask_through(target: Target, server: SshClient, socket: str) -> None:
    """Have Coolify start the proxy with another socket of the engine."""
    before = server.run(_RUNNING).stdout
    with over(server, target.coolify) as coolify:
        uuid = coolify.get("/servers")[0]["uuid"]
        compose = yaml.safe_load(coolify.get(f"/servers/{uuid}/proxy")["configuration"])
        service = compose["services"]["traefik"]
        others = [one for one in service["volumes"] if _ENGINE not in one.split(":")[1]]
        service["volumes"] = [*others, f"{socket}:{_ENGINE}:ro"]
        changed = {"configuration": yaml.safe_dump(compose)}
        coolify.call("PUT", f"/servers/{uuid}/proxy/configuration", changed)
        coolify.post(f"/servers/{uuid}/proxy/restart")

    def restarted() -> bool:
        found = server.run(_RUNNING, check=False).stdout
        return found != before and found.endswith("healthy\n")

    wait_until("the proxy with another socket", restarted, bound=60)

"""The double of Hetzner's API in a thread, with a server that a target names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from clients import hetzner
from common.target import (
    CoolifyTarget,
    Expectations,
    HetznerTarget,
    ServerTarget,
    SshTarget,
    Target,
    Vantage,
)
from common.waiting import without_pauses
from localcloud.settings import DEMO_TOKEN
from tests.contract.hetzner_double import HetznerDouble, RunningDouble

if TYPE_CHECKING:
    from collections.abc import Iterator

    from clients.hetzner import Hetzner


@dataclass(frozen=True)
class Project:
    """A project with one protected server that has backups on."""

    double: HetznerDouble
    target: Target
    api: Hetzner

    @property
    def server(self) -> ServerTarget:
        """The server."""
        return self.target.servers[0]

    def is_protected(self) -> bool:
        """Whether the API refuses to delete it."""
        found = self.api.server(self.server.id)
        assert found
        return found.protection.delete and found.protection.rebuild

    def take_backup(self) -> int:
        """A backup as the vendor takes it; its id."""
        body = {"type": "backup"}
        made = self.double.post(f"/servers/{self.server.id}/actions/create_image", body).json()
        self.double.settle()
        return int(made["image"]["id"])


@pytest.fixture(scope="session")
def double_process() -> Iterator[HetznerDouble]:
    """The running API."""
    with RunningDouble() as double:
        yield double


def target_of(endpoint: str, number: int) -> Target:
    """A stack with that server."""
    ssh = SshTarget(host="127.0.0.1", port=1, host_key="k", private_key=SecretStr("p"))
    server = ServerTarget(
        name="nutri-prod", id=number, server_type="cx33", ipv4="127.0.0.1", ssh=ssh
    )
    return Target(
        stack="prod",
        domain="nutri.test",
        servers=(server,),
        coolify=CoolifyTarget(version="4.3.10", token=SecretStr("t")),
        hetzner=HetznerTarget(endpoint=endpoint, token=SecretStr(DEMO_TOKEN)),
        services=(),
        expectations=Expectations(open_ports=(), ssh_networks=(), shut_ports=()),
        vantage=Vantage(),
    )


@pytest.fixture
def project(double_process: HetznerDouble) -> Iterator[Project]:
    """A fresh one."""
    double = double_process
    double.machines.clear()
    double.turn("POST", "/reset")
    double.machines.clear()
    shown = double.server("nutri-prod")
    path = f"/servers/{shown['id']}/actions"
    double.post(f"{path}/enable_backup")
    double.post(f"{path}/change_protection", {"delete": True, "rebuild": True})
    double.settle()
    target = target_of(double.endpoint, shown["id"])
    with hetzner.connect(target) as api, without_pauses(50):
        yield Project(double, target, api)
    double.machines.blocked.set()

"""What Docker told of a replica on a server of the local double, and a target that fits it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr

from common.target import (
    CoolifyTarget,
    Expectations,
    HetznerTarget,
    ServerTarget,
    ServiceTarget,
    SshTarget,
    Target,
    Vantage,
)
from runbook.rollback.clone import Inspected, parse_container, parse_image

RECORDED = Path(__file__).parent / "recorded"
IMAGE = "ghcr.localcloud.test/nutri/backend"


@pytest.fixture
def container() -> Inspected:
    """A replica of the backend with tag good-1."""
    return parse_container((RECORDED / "container.json").read_text())


@pytest.fixture
def defaults() -> dict[str, Any]:
    """What its image gives it."""
    return parse_image((RECORDED / "image.json").read_text())


@pytest.fixture
def service() -> ServiceTarget:
    """The backend of two replicas, at the tag that turned out bad."""
    return ServiceTarget(
        name="nutri-backend",
        url="https://api.nutri.test",
        image=IMAGE,
        tag="bad",
        replicas=2,
        applications=("app-a", "app-b"),
        tag_setting="nutri:backendTag",
    )


@pytest.fixture
def target(service: ServiceTarget) -> Target:
    """A stack with that service."""
    ssh = SshTarget(host="127.0.0.1", host_key="ssh-ed25519 AAAA", private_key=SecretStr("x"))
    return Target(
        stack="test",
        domain="nutri.test",
        servers=(ServerTarget(name="s1", id=1, server_type="cx33", ipv4="127.0.0.1", ssh=ssh),),
        coolify=CoolifyTarget(version="4.3.10", token=SecretStr("x")),
        hetzner=HetznerTarget(endpoint="http://127.0.0.1:9", token=SecretStr("x")),
        services=(service,),
        expectations=Expectations(open_ports=(), ssh_networks=(), shut_ports=()),
        vantage=Vantage(),
    )

"""A target as small as it can be, for tests that change what they are about."""

from __future__ import annotations

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


def make_target(port: int) -> Target:
    """A target with one service at a port of loopback."""
    ssh = SshTarget(host="127.0.0.1", host_key="ssh-ed25519 AAAA", private_key=SecretStr("x"))
    return Target(
        stack="test",
        domain="nutri.test",
        servers=(ServerTarget(name="s", id=1, server_type="cx33", ipv4="127.0.0.1", ssh=ssh),),
        coolify=CoolifyTarget(version="4.3.10", token=SecretStr("x")),
        hetzner=HetznerTarget(endpoint="http://127.0.0.1:9", token=SecretStr("x")),
        services=(
            ServiceTarget(
                name="nutri-backend",
                url=f"http://127.0.0.1:{port}",
                image="ghcr.test/nutri/backend",
                tag="good-1",
                replicas=1,
                applications=("a",),
            ),
        ),
        expectations=Expectations(open_ports=(), ssh_networks=(), shut_ports=()),
        vantage=Vantage(),
    )

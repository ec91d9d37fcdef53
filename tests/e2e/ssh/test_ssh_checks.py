"""The checks that go over SSH, against a real OpenSSH server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

import checks
from checks import Status
from common.target import CoolifyTarget, Expectations, HetznerTarget, ServerTarget, Target, Vantage

if TYPE_CHECKING:
    from checks import Verdict
    from common.target import SshTarget
    from tests.e2e.ssh.conftest import Keys


def _verdict(check: str, ssh: SshTarget, coolify: CoolifyTarget | None = None) -> Verdict:
    token = SecretStr("secret")
    target = Target(
        stack="test",
        domain="nutri.test",
        servers=(ServerTarget(name="n", id=1, server_type="cx33", ipv4=ssh.host, ssh=ssh),),
        coolify=coolify or CoolifyTarget(version="hello", token=token),
        hetzner=HetznerTarget(endpoint="http://127.0.0.1:1/v1", token=token),
        services=(),
        expectations=Expectations(open_ports=(), ssh_networks=("127.0.0.0/8",), shut_ports=()),
        vantage=Vantage(),
    )
    (result,) = checks.run(target, checks.select([check])).results
    return result.verdict


@pytest.mark.parametrize("check", ["ssh", "ssh-port"])
def test_a_server_that_lets_us_in_is_green(check: str, target: SshTarget) -> None:
    """With its pinned key and our key."""
    assert _verdict(check, target).status is Status.GREEN


def test_another_host_key_is_red(target: SshTarget, keys: Keys) -> None:
    """A server that is not ours is the one thing this check is for."""
    wrong = target.model_copy(update={"host_key": keys.public("other_host")})
    verdict = _verdict("ssh", wrong)
    assert verdict.status is Status.RED
    assert "pinned host key" in verdict.message


def test_another_login_key_is_red(target: SshTarget, keys: Keys) -> None:
    """A server that shuts us out is red."""
    wrong = target.model_copy(update={"private_key": keys.private("other_login")})
    assert _verdict("ssh", wrong).status is Status.RED


def test_coolify_is_asked_through_the_tunnel(target: SshTarget, hello: int) -> None:
    """Its port is reached from the server's own loopback address."""
    token = SecretStr("secret")
    right = CoolifyTarget(version="hello", port=hello, token=token)
    assert _verdict("coolify", target, right).status is Status.GREEN
    other = CoolifyTarget(version="4.3.10", port=hello, token=token)
    assert _verdict("coolify", target, other).status is Status.RED


def test_a_coolify_that_is_down_is_red(target: SshTarget) -> None:
    """Nothing at the tunnel's far end is Coolify's fault, not a lack of evidence."""
    closed = CoolifyTarget(version="hello", port=1, token=SecretStr("secret"))
    verdict = _verdict("coolify", target, closed)
    assert verdict.status is Status.RED
    assert "does not answer on the server's port 1" in verdict.message


def test_no_way_to_coolify_is_unknown(target: SshTarget, keys: Keys) -> None:
    """Without SSH nothing can be said of Coolify."""
    wrong = target.model_copy(update={"host_key": keys.public("other_host")})
    assert _verdict("coolify", wrong).status is Status.UNKNOWN

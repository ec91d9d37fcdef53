"""A laptop whose address has changed: told, and let in again without a log-in."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.rotation.conftest import Rotating

pytestmark = [pytest.mark.docker, pytest.mark.timeout(1200)]

ELSEWHERE = "203.0.113.7/32"


@pytest.mark.long
def test_whoever_is_shut_out_is_told_and_comes_back(rotating: Rotating) -> None:
    """An update that would shut out who makes it is refused; one that lets in needs no SSH."""
    stack = rotating.stack
    networks = stack.config.get("nutri:sshNetworks", ["127.0.0.0/8"])
    stack.config["nutri:sshNetworks"] = [ELSEWHERE]
    assert stack.pulumi("up", "--yes", "--skip-preview").returncode != 0
    assert "add 127." in stack.last
    stack.config["nutri:acknowledge"] = ["firewall:ssh"]
    stack.pulumi("up", "--yes", "--skip-preview", "--target", "**::firewall")
    del stack.config["nutri:acknowledge"]
    told = stack.runbook("check", "ssh")
    assert told.returncode == 1
    assert "nutri:sshNetworks" in told.stdout
    stack.config["nutri:sshNetworks"] = networks
    stack.up()
    assert stack.runbook("check", "ssh").returncode == 0

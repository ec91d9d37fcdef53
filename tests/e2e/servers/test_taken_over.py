"""Two servers from the first day, in place of a platform that others served; then one."""

from __future__ import annotations

import re
import ssl
from typing import TYPE_CHECKING

import pytest

from checks.sockets import certificate
from localcloud.node import acme, docker_engine
from runbook.monitor import watching
from tests.e2e.conftest import Stack, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(2400)]
_HOSTS = ("api.nutri.test", "ml.nutri.test")
_ELSEWHERE = "192.0.2.9"
_MOST_FAILURES = 5  # of a name within an hour; then the vendor refuses


@pytest.fixture(scope="module")
def taken(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack of two servers that is up; its names led elsewhere while it was made."""
    with own_stack(cloud_environment, tmp_path_factory, "taken") as made:
        made.cloud.api("/zones", "POST", {"name": "nutri.test", "mode": "primary"})
        for host in _HOSTS:
            record = {"name": host.partition(".")[0], "type": "A", "ttl": 60}
            made.cloud.api(
                "/zones/nutri.test/rrsets", "POST", {**record, "records": [{"value": _ELSEWHERE}]}
            )
        made.config |= {"nutri:servers": 2, "nutri:takeOverDns": True, "nutri:dnsTtl": 60}
        made.change("nutri-ml-service", replicas=2)
        made.up()
        yield made


def _failures(stack: Stack, host: str) -> int:
    """Validations that the vendor counts against a name."""
    instance = stack.cloud.lane.instance(stack.cloud.home)
    said = acme.said(docker_engine.connect(), instance)
    return len(re.findall(rf"failed validation \d+ of {re.escape(host)}$", said, re.MULTILINE))


def _shown(target: Target, host: str) -> str | None:
    """What is wrong with the certificate that the first server shows."""
    context = ssl.create_default_context(cafile=target.vantage.ca_bundle)
    return certificate(target.servers[0].ipv4, 443, host, context, 10).failure


def test_the_first_server_has_certificates_behind_the_balancer(taken: Stack) -> None:
    """Whichever server the vendor's question came to; the limit of failures was not reached."""
    target = taken.described()
    assert target.balancer is not None
    assert [_shown(target, host) for host in _HOSTS] == [None, None]
    assert max(_failures(taken, host) for host in _HOSTS) < _MOST_FAILURES


def test_back_to_one_server_within_the_hour(taken: Stack) -> None:
    """Nothing is waited for: the certificates are there, and no request is lost."""
    taken.config["nutri:servers"] = 1
    gone = ("server-2", "load-balancer", "network")
    taken.config["nutri:acknowledge"] = [f"{one}:delete" for one in gone]
    target = taken.described()
    with watching(target, target.services[0], rate=20.0) as monitor:
        taken.up()
    assert monitor.report().kinds == {}
    left = taken.described()
    assert left.balancer is None
    assert [_shown(left, host) for host in _HOSTS] == [None, None]
    assert taken.runbook("check", "dns", "certificate", "redirect").returncode == 0

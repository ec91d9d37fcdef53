"""Two servers from the first day, in place of a platform that others served; a deploy; then one."""

from __future__ import annotations

import contextlib
import json
import re
import ssl
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from clients.ssh.client import SshClient
from clients.tls import certificate
from common.waiting import NotYetError, wait_until
from localcloud.node import acme, docker_engine
from runbook.monitor import watching as monitoring
from tests.e2e.conftest import Stack, own_stack
from tests.e2e.servers import watching

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(2400)]
_HOSTS = ("api.nutri.test", "ml.nutri.test")
_BACKEND = "nutri-backend"
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

    def all_are_there() -> bool:
        missing = [shown for host in _HOSTS if (shown := _shown(target, host))]
        if missing:
            raise NotYetError(missing[0])
        return True

    # `up` has the proxy ask, and waits for the load balancer's certificate alone.
    wait_until("the first server's certificates", all_are_there, bound=60)
    assert max(_failures(taken, host) for host in _HOSTS) < _MOST_FAILURES


_PLACE = "/run/watching"


def _watch(server: SshClient) -> None:
    """Have a server note what its proxy has in force when a replica is told to end."""
    program = Path(watching.__file__).read_text(encoding="utf-8")
    server.run(f"install -d {_PLACE}; cat >{_PLACE}/watching.py", stdin=program)
    said = f"--property=StandardOutput=append:{_PLACE}/stops"
    server.run(
        f"systemd-run --quiet --unit=watching {said} python3 {_PLACE}/watching.py {_BACKEND}"
    )


def _stops(server: SshClient) -> list[dict[str, Any]]:
    server.run("systemctl stop watching")
    return [json.loads(line) for line in server.run(f"cat {_PLACE}/stops").stdout.splitlines()]


def test_a_deploy_drains_each_replica_on_its_server(taken: Stack) -> None:
    """The app as it is, two replicas on each: whoever is told to end got no request by then."""
    taken.cloud.supabase("PATCH", "/config/database/pooler", {"default_pool_size": 30})
    taken.change(_BACKEND, replicas=4)
    taken.up()
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(SshClient(one.ssh)) for one in taken.described().servers]
        for server in servers:
            _watch(server)
        words = ("deploy", _BACKEND, "good-2", "--yes", "--json", "--rate", "20")
        done = taken.runbook(*words, timeout=1200)
        taken.change(_BACKEND, tag=taken.tag())
        stops = [_stops(server) for server in servers]
    told = json.loads(done.stdout)
    assert (done.returncode, told["dropped"]) == (0, 0), done.stderr + str(told["monitor"])
    assert [len(found) for found in stops] == [2, 2]
    for one in (one for found in stops for one in found):
        assert one["named"], "the proxy had no file in force"
        assert not [url for url in one["named"] if f"//{one['address']}:" in url], one


def test_back_to_one_server_within_the_hour(taken: Stack) -> None:
    """Nothing is waited for: the certificates are there, and no request is lost."""
    taken.config["nutri:servers"] = 1
    gone = ("server-2", "load-balancer", "network")
    taken.config["nutri:acknowledge"] = [f"{one}:delete" for one in gone]
    target = taken.described()
    with monitoring(target, target.services[0], rate=20.0) as monitor:
        taken.up()
    assert monitor.report().kinds == {}
    left = taken.described()
    assert left.balancer is None
    assert [_shown(left, host) for host in _HOSTS] == [None, None]
    assert taken.runbook("check", "dns", "certificate", "redirect").returncode == 0

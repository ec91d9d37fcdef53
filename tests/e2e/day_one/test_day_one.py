"""The first day: the registrar does not name our name servers yet; certificates wait for that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from clients.ssh import SshClient
from tests.e2e.conftest import Stack, ask, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.long, pytest.mark.timeout(1500)]


@pytest.fixture(scope="module")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """An empty stack in a world that does not find its zone."""
    with own_stack(cloud_environment, tmp_path_factory, "dayone") as made:
        made.cloud.knob("PATCH", "/knobs", {"delegated": False})
        made.config["nutri:settleSeconds"] = 15
        yield made


def test_the_first_up_says_what_waits(stack: Stack) -> None:
    """All is made; the names are told, with whose move it is; the vendor's limit is not spent."""
    done = stack.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "the certificate of api.nutri.test waits until its name leads to" in stack.last
    assert "registrar" in stack.last
    assert "the proxy asks again" not in stack.last


def test_the_next_up_finishes_it(stack: Stack) -> None:
    """The names lead here now, and nothing else changed: the proxy is asked again."""
    stack.cloud.knob("PATCH", "/knobs", {"delegated": True})
    stack.config["nutri:settleSeconds"] = 90
    stack.up()
    assert "the proxy asks again (1 of 3 times within an hour)" in stack.last
    target = stack.described()
    assert ask(target, "api.nutri.test", "/health").status_code == 200


@pytest.mark.parametrize("trouble", ["unreachable", "limited"])
def test_trouble_of_the_vendor_is_told(stack: Stack, trouble: str) -> None:
    """A certificate is lost while none is given: the last error is told, and the rest goes on."""
    stack.cloud.localcloud("acme", trouble)
    stack.config["nutri:settleSeconds"] = 5
    with SshClient(stack.described().servers[0].ssh) as server:
        server.run(_LOSE)
    stack.config["nutri:liveLatencyMs"] = 3001 if trouble == "limited" else 3002
    done = stack.pulumi("up", "--yes", "--skip-preview")
    assert done.returncode != 0
    assert "no certificate yet for api.nutri.test" in stack.last
    if trouble == "limited":
        assert "the vendor's limit is reached" in stack.last
    stack.cloud.localcloud("acme", "none", "--forget")


_LOSE = """
docker stop -t 1 coolify-proxy >/dev/null
python3 - <<'P'
import json
place = '/data/coolify/proxy/acme.json'
store = json.load(open(place))
one = store['letsencrypt']
one['Certificates'] = [
    known for known in one['Certificates'] if known['domain']['main'] != 'api.nutri.test'
]
json.dump(store, open(place, 'w'))
P
docker start coolify-proxy >/dev/null
"""

"""Two servers from the first day on, under names of another's zone; then one.

The one that stays never was what its names led to, so its proxy has no certificate yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from runbook.monitor import watching
from tests.e2e.conftest import ask, own_stack

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [pytest.mark.docker, pytest.mark.engine, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def pair(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A stack of two servers; the zone is there already."""
    with own_stack(cloud_environment, tmp_path_factory, "taken") as made:
        made.cloud.api("/zones", "POST", {"name": "nutri.test", "mode": "primary"})
        made.config |= {"nutri:takeOverDns": True, "nutri:dnsTtl": 60, "nutri:servers": 2}
        made.change("nutri-ml-service", replicas=2)
        made.up()
        yield made


def test_to_one_server_whose_names_never_led_to_it(pair: Stack) -> None:
    """Certificates come first, the names after them, the others go last; no request is lost."""
    target = pair.described()
    backend = next(one for one in target.services if one.name == "nutri-backend")
    gone = ("server-2", "load-balancer", "network")
    pair.config |= {
        "nutri:servers": 1,
        "nutri:acknowledge": [f"{one}:delete" for one in gone],
    }
    with watching(target, backend, rate=20) as monitor:
        pair.up()
    assert monitor.report().kinds == {}, monitor.report().failures[:5]
    left = pair.described()
    assert left.balancer is None
    for host in ("api.nutri.test", "ml.nutri.test"):
        assert ask(left, host, "/health/live").status_code == 200

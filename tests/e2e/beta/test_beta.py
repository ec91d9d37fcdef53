"""Beta beside production: two stacks of one domain in one project of one cloud."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import ask, empty_stack, local_cloud

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(2700),
]


@pytest.fixture(scope="module")
def stacks(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Stack, Stack]]:
    """Production, and beta in production's zone; both up."""
    with local_cloud(cloud_environment, tmp_path_factory.mktemp("beta-cloud")) as cloud:
        production = empty_stack(cloud, tmp_path_factory.mktemp("production"), "prod")
        production.up()
        beta = empty_stack(cloud, tmp_path_factory.mktemp("beta"), "beta")
        beta.config |= {"nutri:domain": "beta.nutri.test", "nutri:zone": "nutri.test"}
        beta.change("nutri-backend", replicas=1)
        beta.up()
        yield production, beta


def _records(stack: Stack) -> set[str]:
    listed = stack.cloud.api("/zones/nutri.test/rrsets")["rrsets"]
    return {one["name"] for one in listed if one["type"] == "A"}


def test_both_serve_and_nothing_collides(stacks: tuple[Stack, Stack]) -> None:
    """Each by its own names, in one zone, from servers, addresses and keys of its own."""
    production, beta = stacks
    for stack, host in ((production, "api.nutri.test"), (beta, "api.beta.nutri.test")):
        assert ask(stack.described(), host, "/health").status_code == 200
        assert stack.runbook("check").returncode == 0
        assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last
    assert _records(production) == {"api", "ml", "api.beta", "ml.beta"}
    assert [one["name"] for one in production.cloud.api("/zones")["zones"]] == ["nutri.test"]
    for noun in ("servers", "ssh_keys", "firewalls", "primary_ips"):
        names = [one["name"] for one in production.cloud.api(f"/{noun}")[noun]]
        assert len(names) == len(set(names)), noun
        assert {name.split("-")[1] for name in names} == {"prod", "beta"}, noun


def test_one_goes_and_the_other_is_untouched(stacks: tuple[Stack, Stack]) -> None:
    """Beta takes its own records along, and leaves zone and production as they are."""
    production, beta = stacks
    beta.config |= {"nutri:protect": False, "nutri:acknowledge": ["*:delete"]}
    beta.up()
    done = beta.pulumi("destroy", "--yes", "--skip-preview")
    assert done.returncode == 0, beta.last
    assert _records(production) == {"api", "ml"}
    assert ask(production.described(), "api.nutri.test", "/health").status_code == 200
    assert production.runbook("check").returncode == 0
    assert production.pulumi("preview", "--expect-no-changes").returncode == 0, production.last
    assert {one["name"] for one in production.cloud.api("/servers")["servers"]} == {"nutri-prod"}

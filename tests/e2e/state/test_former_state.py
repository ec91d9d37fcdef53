"""A stack whose state was kept before there were kinds: two servers, a page, names taken over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.conftest import own_stack
from tests.e2e.former import kept_by_path, put_back

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.e2e.conftest import Stack

pytestmark = [
    pytest.mark.docker,
    pytest.mark.engine,
    pytest.mark.long,
    pytest.mark.timeout(1500),
]
RECORDED = json.loads((Path(__file__).parents[2] / "recorded/providers.json").read_text())
TYPES = {kind: RECORDED["types"][kind] for kind in RECORDED["by path"]}
"""Of the kinds that were ever kept by path; those that came later never were."""
EVERYTHING = {
    "nutri:servers": 2,
    "nutri:takeOverDns": True,
    "nutri:dnsTtl": 60,
}


@pytest.fixture(scope="module")
def stack(
    cloud_environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Stack]:
    """A platform with a resource of each kind, in the state of before."""
    with own_stack(cloud_environment, tmp_path_factory, "e2e-former") as made:
        zone = {"name": "nutri.test", "mode": "primary"}
        made.cloud.api("/zones", "POST", zone)
        made.config |= EVERYTHING
        made.change("nutri-ml-service", replicas=2)
        made.up()
        assert put_back(made) == set(TYPES.values())
        yield made


def test_it_is_refreshed(stack: Stack) -> None:
    """By the providers it holds, which find nothing changed."""
    done = stack.pulumi("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert done.returncode == 0, stack.last


def test_nothing_is_to_be_done(stack: Stack) -> None:
    """The kind in place of the path is no change."""
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last
    assert len(kept_by_path(stack)) >= len(TYPES)


def test_it_is_updated(stack: Stack) -> None:
    """Another tag, one replica more, another TTL of the names: what is changed is kept by kind."""
    before = len(kept_by_path(stack))
    stack.change("nutri-backend", tag="good-2", replicas=3)
    stack.config["nutri:dnsTtl"] = 61
    changes = stack.up()
    assert changes["update"] >= 6
    assert stack.pulumi("preview", "--expect-no-changes").returncode == 0, stack.last
    assert len(kept_by_path(stack)) <= before - 6


def test_it_is_destroyed(stack: Stack) -> None:
    """What is still kept by path deletes what it made."""
    assert kept_by_path(stack)
    stack.config |= {"nutri:protect": False, "nutri:acknowledge": ["*:delete"]}
    stack.up()
    done = stack.pulumi("destroy", "--yes", "--skip-preview")
    assert done.returncode == 0, stack.last
    assert stack.cloud.api("/servers")["servers"] == []

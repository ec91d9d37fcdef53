"""What runs is the truth, whatever Coolify has stored."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from infra.coolify import application, containers
from infra.coolify.containers import Container, differences, parse
from tests.unit.infra.test_application import PROPS, Coolify, coolify, provider

if TYPE_CHECKING:
    from infra.coolify.application import _ApplicationProvider

__all__ = ["coolify", "provider"]

IMAGE = f"{PROPS['image']}:good-1"
ENV = {"JWT_SECRET": "sesame", "PORT": "3000"}


def one(**changes: Any) -> Container:  # noqa: ANN401 - fields of a container
    """A healthy container, changed."""
    whole: dict[str, Any] = {
        "image": IMAGE,
        "state": "running",
        "code": 0,
        "health": "healthy",
        "env": ENV,
    }
    return Container(**(whole | changes))


@pytest.mark.parametrize(
    ("found", "unfinished", "says"),
    [
        ([one()], [], ""),
        ([one(), one(state="exited", image="kept by an emergency")], [], ""),
        ([one(health="starting")], [], ""),
        ([], [], "nothing runs: there is no container"),
        ([one(state="exited", code=137)], [], "nothing runs: exited (137)"),
        ([one(), one(image="x:good-2")], [], f"2 containers run: {IMAGE}, x:good-2; x:good-2 runs"),
        ([one(image="x:good-2")], [], f"x:good-2 runs instead of {IMAGE}"),
        ([one(health="unhealthy")], [], "its container is unhealthy"),
        ([one(env={**ENV, "JWT_SECRET": "old"})], [], "started with other values of JWT_SECRET"),
        ([one(env={"PORT": "3000"})], [], "started with other values of JWT_SECRET"),
        ([one()], ["d1"], "a deployment was left unfinished (d1)"),
    ],
)
def test_each_difference_is_told(found: list[Container], unfinished: list[str], says: str) -> None:
    """Never with a value of a variable."""
    told = differences(found, IMAGE, ENV, unfinished)
    assert told.startswith(says) if not says else says in told
    assert bool(told) is bool(says)
    assert "sesame" not in told


def test_a_value_that_may_be_spelt_otherwise_is_no_difference() -> None:
    """Else each update would deploy anew."""
    assert not differences([one(env={"A": "it's"})], IMAGE, {"A": 'it"s'}, [])


def test_docker_is_read_as_it_writes() -> None:
    """A line a container."""
    line = {"image": "x", "state": "running", "code": 0, "health": "", "env": ["A=b=c", "D="]}
    (found,) = parse(json.dumps(line) + "\n")
    assert found.env == {"A": "b=c", "D": ""}


@pytest.mark.parametrize(
    "seen", [(), (one(state="exited"),), (one(), one(image="x:y")), (one(health="unhealthy"),)]
)
def test_the_next_update_heals_it(
    seen: tuple[Container, ...],
    coolify: Coolify,
    provider: _ApplicationProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Refresh sees it, so it is a change; the update deploys, and then all is well."""
    created = provider.create(dict(PROPS))
    monkeypatch.setattr(containers, "look", lambda *_: seen)
    news = {**PROPS, "drift": [], "runs": ""}
    state = dict(provider.read(created.id, {**PROPS, **dict(created.outs or {})}).outs or {})
    assert state["runs"]
    assert provider.diff(created.id, state, news).changes
    deployed = coolify.calls.count("POST /deploy")
    updated = provider.update(created.id, state, news)
    assert coolify.calls.count("POST /deploy") == deployed + 1
    assert not provider.diff(created.id, dict(updated.outs or {}), news).changes


def test_what_cannot_be_looked_at_is_left_as_it_was(
    coolify: Coolify,
    provider: _ApplicationProvider,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a disaster, or before the first look."""
    created = provider.create(dict(PROPS))
    monkeypatch.setattr(containers, "look", lambda *_: None)
    state = dict(provider.read(created.id, dict(PROPS)).outs or {})
    assert state["runs"] == ""
    assert not provider.diff(created.id, state, {**PROPS, "drift": [], "runs": ""}).changes
    assert coolify.apps
    assert application

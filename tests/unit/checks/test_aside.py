"""What is no fault of a change is told, and does not fail it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

import checks
from checks import Report, Result
from checks.verdict import green, red
from common.target import Target
from infra.ingress import certificates
from infra.verification import _VerificationProvider, changed_parts
from tests.unit.checks.redis_server import RedisPlan
from tests.unit.targets import make_target

if TYPE_CHECKING:
    from collections.abc import Collection

    from tests.unit.checks.conftest import World

_DEGRADED = {
    "status": "degraded",
    "checks": {"ml_service": {"status": "unhealthy", "error": "timeout"}},
}


@pytest.mark.parametrize(
    ("changed", "fails"),
    [
        (None, True),
        ({"nutri-backend"}, True),
        ({"nutri-ml-service"}, True),
        ({"nutri-admin", "redis"}, False),
        (set(), False),
    ],
)
def test_degraded_fails_a_change_of_what_it_names(
    changed: Collection[str] | None, fails: bool, world: World
) -> None:
    """Of the service itself too; any other change is not even waited for."""
    world.health = _DEGRADED
    with world.observed() as (target, observe):
        settle = 0.2 if fails else 3600
        report = checks.verify(target, ["health"], settle=settle, changed=changed, observe=observe)
    assert report.exit_code == 1
    assert report.proving(changed).exit_code == int(fails)
    assert len(report.aside(changed)) == (not fails)


@pytest.mark.parametrize(
    ("changed", "is_up", "fails"),
    [
        ({"nutri-backend"}, False, False),
        ({"nutri-backend", "redis"}, False, True),
        ({"nutri-backend"}, True, True),
    ],
)
def test_a_new_version_is_degraded_like_the_one_before(
    changed: Collection[str], is_up: bool, fails: bool, world: World
) -> None:
    """While Redis itself is down, and the change is not about Redis; else the version may be."""
    world.redis = RedisPlan(is_up=is_up)
    ill = {"status": "unhealthy", "error": "ECONNREFUSED"}
    world.health = {"status": "degraded", "checks": {"redis": ill, "notification_queue": ill}}
    with world.observed() as (target, observe):
        settle = 0.2 if fails else 3600
        report = checks.verify(
            target, ["health", "redis"], settle=settle, changed=changed, observe=observe
        )
    assert report.proving(changed).exit_code == int(fails)
    assert report.exit_code == 1


@pytest.mark.parametrize(
    "health",
    [{"status": "unhealthy", "checks": _DEGRADED["checks"]}, {"status": "degraded"}, {}],
)
def test_what_is_not_explained_fails_every_change(health: dict[str, Any], world: World) -> None:
    """Only an answer that serves, and names what it lacks, is let be."""
    world.health = health
    with world.observed() as (target, observe):
        report = checks.verify(target, ["health"], settle=0.2, changed=set(), observe=observe)
    assert report.proving(set()).exit_code == 1


def _plain(**changes: object) -> dict[str, Any]:
    found: dict[str, Any] = make_target(1).model_dump(mode="json")
    return found | changes


@pytest.mark.parametrize(
    ("changes", "found"),
    [
        ({}, set()),
        ({"maintenance": {"migrate_command": "x"}}, set()),
        ({"redis": {"url": "redis://x"}}, {"redis"}),
        ({"database": {"url": "x"}}, {"database"}),
        ({"services": []}, {"nutri-backend"}),
        ({"servers": []}, None),
        ({"something_new": 1}, None),
    ],
)
def test_what_a_change_touched(changes: dict[str, object], found: set[str] | None) -> None:
    """By the target before and after; what is not known to be harmless may be all."""
    assert changed_parts(_plain(), _plain(**changes)) == found


def test_an_update_tells_what_it_lets_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It ends well, and the degraded service keeps what was known good of it."""
    bad = replace(red("degraded: redis", "mend it"), suspects=("redis",))
    results = (
        Result("health", "D1", "x", "nutri-backend", bad),
        Result("dns", "B5", "x", "nutri-backend", green("fine")),
    )
    monkeypatch.setattr(checks, "verify", lambda *_, **__: Report("test", results))
    monkeypatch.setattr(certificates, "ask_again", lambda *_: None)
    before = {"target": _plain(), "verified": None}
    after = {"target": _plain(maintenance={"migrate_command": "x"}), "settle_seconds": 1}
    outs = _VerificationProvider().update("test", before, after).outs or {}
    assert outs["verified"] == {}
    said = capsys.readouterr().err
    assert "nothing to do with" in said
    assert "health nutri-backend" in said
    assert "dns" not in said
    with pytest.raises(Exception, match="degraded"):
        _VerificationProvider().create(after)
    assert Target.model_validate(_plain())

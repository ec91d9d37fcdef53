"""Worlds in which something is wrong with the app's Redis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.mutants.mutant import Broken, mutant

if TYPE_CHECKING:
    from tests.e2e.mutants.scene import Scene

_ALSO = {
    "health": "the app itself tells what it lacks",
    "errors": "the app logs what it cannot do",
}


@mutant(
    "redis",
    "redis",
    says=r"from \S+: (it cannot be reached|no TLS that we trust) \(",
    remedy="redis",
    also=_ALSO,
)
def redis_is_down(scene: Scene) -> Broken:
    """Redis is stopped."""
    _trouble(scene, "down")
    yield None
    _trouble(scene, "none")


@mutant(
    "redis",
    "redis",
    says=r"from \S+: it does not let us in \(",
    remedy="nutri:redisUrl",
    also=_ALSO,
)
def redis_has_another_password(scene: Scene) -> Broken:
    """Somebody changed the password of Redis in its console."""
    before = dict(scene.stack.secrets)
    _trouble(scene, "password")
    yield None
    _trouble(scene, "none")
    if scene.stack.secrets != before:
        scene.stack.secrets = before
        scene.stack.up()


def _trouble(scene: Scene, kind: str) -> None:
    scene.cloud.knob("PATCH", "/redis/", {"trouble": kind})

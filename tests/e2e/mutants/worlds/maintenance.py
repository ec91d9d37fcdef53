"""Maintenance that is not what the config says."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from common.maintenance import HEADER, PATH, Maintenance, Mode
from infra.ingress.maintenance import contents
from infra.remote import program
from tests.e2e.mutants.mutant import mutant
from tests.e2e.mutants.scene import BACKEND

if TYPE_CHECKING:
    from collections.abc import Iterator

    from common.target import Target
    from tests.e2e.mutants.mutant import Broken
    from tests.e2e.mutants.scene import Scene

_HOST = "api.nutri.test"
_UNSEEN = "users see the page instead of the service, and nobody wants that"


def _maintenance(mode: Mode, hours_ago: int = 0) -> Maintenance:
    start = datetime.now(UTC) - timedelta(hours=hours_ago)
    end = start + timedelta(hours=2)
    return Maintenance(mode=mode, start=start, end=end, services=(BACKEND,))


def _script(name: str, **values: str) -> str:
    return program(name, {"HOSTS": _HOST, "BANNER_PATH": PATH, "HEADER": HEADER, **values})


@mutant(
    "maintenance",
    BACKEND,
    says="shows the maintenance page, though the config has maintenance off",
    remedy="pulumi up",
    also=dict.fromkeys(("health", "latency", "spread", "forwarded", "version"), _UNSEEN),
)
def the_page_was_left_on(scene: Scene) -> Broken:
    """Somebody put the maintenance page before the service, and the config knows nothing of it."""
    one = contents(_maintenance(Mode.ON), {BACKEND: _HOST})
    texts = {name.upper(): str(one[name]) for name in ("program", "state", "routes", "mode")}
    scene.run("bash -s", stdin=_script("maintenance-on.sh", SHUT=_HOST, **texts))
    yield None
    scene.run("bash -s", stdin=_script("maintenance-off.sh"))


@contextmanager
def _configured(scene: Scene, one: Maintenance) -> Iterator[Target]:
    """Have the config tell of a maintenance, and the servers show it."""
    stack = scene.stack
    stack.config["nutri:maintenance"] = one.model_dump(mode="json", exclude_none=True)
    stack.up()
    try:
        yield stack.described()
    finally:
        if stack.config.pop("nutri:maintenance", None):
            stack.up()


@mutant(
    "maintenance",
    BACKEND,
    says="answers HTTP 200 instead of the maintenance page",
    remedy="pulumi up",
)
def the_page_is_not_shown(scene: Scene) -> Broken:
    """The config has maintenance on, and somebody took the page away."""
    with _configured(scene, _maintenance(Mode.ON)) as target:
        scene.run("bash -s", stdin=_script("maintenance-off.sh"))
        yield target


@mutant(
    "overrun",
    "maintenance",
    says="maintenance is announced, and its end has passed",
    remedy="runbook maintenance end",
)
def an_announced_maintenance_was_never_held(scene: Scene) -> Broken:
    """The announced end of a maintenance has passed, and nobody took it back."""
    with _configured(scene, _maintenance(Mode.ANNOUNCED, 3)) as target:
        yield target

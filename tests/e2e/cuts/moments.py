"""The moments: what is under way, and how one knows that it has come so far."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tests.e2e.cuts.scene import PULUMI_UP

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.cuts.scene import Run, Scene
    from tests.e2e.cuts.table import Cut

BACKEND = "nutri-backend"
_OTHER = {"good-1": "good-2", "good-2": "good-1"}
_EVERY_DAY = {"start": "00:00", "end": "23:59"}


@dataclass(frozen=True)
class Moment:
    """A command, what has to be so before it, and the sign to cut it at."""

    name: str
    begin: Callable[[Scene], tuple[str, ...]]
    """Makes things ready, and returns the command."""
    has_come: Callable[[Scene, Run], bool]
    tidy: tuple[tuple[str, ...], ...] = field(default=())
    """Commands that bring the platform back to where it was."""
    is_engines: bool = True
    """Whether the engine runs in it."""
    is_verb: bool = False
    """Whether a verb of `runbook` runs it."""

    def suits(self, cut: Cut) -> bool:
        """Whether there is something to cut so."""
        if cut.of == "command":
            return self.is_verb
        if cut.of == "engine":
            return self.is_engines
        return cut.of != "actions" or self.name.startswith(("resize", "first up: server"))


def _says(pattern: str) -> Callable[[Scene, Run], bool]:
    """It said so: a line of the engine's, or of a verb's own."""
    return lambda _scene, run: re.search(pattern, run.said()) is not None


def _up(change: Callable[[Scene], None]) -> Callable[[Scene], tuple[str, ...]]:
    def begin(scene: Scene) -> tuple[str, ...]:
        change(scene)
        return PULUMI_UP

    return begin


def _tag(scene: Scene) -> str:
    return str(scene.config()["nutri:services"][BACKEND]["tag"])


def _other_tag(scene: Scene) -> None:
    scene.change(BACKEND, tag=_OTHER[_tag(scene)])


def _new_container(scene: Scene, _run: Run) -> bool:
    """One of another tag than the rest is there, whatever the config says by now."""
    return len({one["tag"] for one in scene.containers(BACKEND)}) > 1


def _both_are_there(scene: Scene, _run: Run) -> bool:
    """The new one is healthy, and the one before is there still."""
    there = [one for one in scene.containers(BACKEND) if one["state"].startswith("Up")]
    new = [one for one in there if one["tag"] == _tag(scene) and "(healthy)" in one["state"]]
    return bool(new) and len(there) > 2


def _verb(scene: Scene) -> tuple[str, ...]:
    tag = _OTHER[_tag(scene)]
    return ("runbook", "deploy", BACKEND, tag, "--requests", "50", "--rate", "10", "--yes")


def _scaled(scene: Scene) -> None:
    now = int(scene.config()["nutri:services"][BACKEND].get("replicas") or 2)
    scene.change(BACKEND, replicas=5 - now)  # two, and three


def _rotated(scene: Scene) -> None:
    secret = f"a-secret-of-more-than-32-characters-{scene.next_number()}"
    path = f"nutri:secrets.{BACKEND}.JWT_SECRET"
    code, said = scene.run("pulumi", "config", "set", "--path", "--secret", path, secret)
    assert code == 0, said


def _resized(scene: Scene) -> None:
    tier = "small" if scene.config().get("nutri:tier") == "medium" else "medium"
    kind = {"small": "cx33", "medium": "cx43"}[tier]
    code, said = scene.run("runbook", "snapshot", "create")
    assert code == 0, said
    window = _EVERY_DAY | {"day": scene.today()}
    scene.write(tier=tier, acknowledge=[f"server:resize-to-{kind}"], maintenanceWindow=window)


def _is_off(scene: Scene, _run: Run) -> bool:
    (one,) = scene.stack.cloud.knob("GET", "/status")["servers"]
    return bool(one["status"] != "running")


def _scratch_runs(scene: Scene, _run: Run) -> bool:
    return "nutri-scratch" in scene.inside("docker ps --format '{{.Names}}'")


_START = ("runbook", "maintenance", "start", "--verbose", "--force", "--yes")
_END = (("runbook", "maintenance", "end"),)

DEPLOYS: tuple[Moment, ...] = (
    Moment("deploy: a replica begins", _up(_other_tag), _says(rf"{BACKEND}-1 updating")),
    Moment("deploy: its new container starts", _up(_other_tag), _new_container),
    Moment("deploy: both containers serve", _up(_other_tag), _both_are_there),
    Moment("deploy: the second replica", _up(_other_tag), _says(rf"{BACKEND}-2 updating")),
    Moment("deploy: verification", _up(_other_tag), _says(r"verification updating")),
)
"""The phases of a deploy by the engine itself."""

MOMENTS: tuple[Moment, ...] = (
    *DEPLOYS,
    Moment("runbook deploy: new container", _verb, _new_container, is_verb=True),
    Moment("scale: a replica comes or goes", _up(_scaled), _says(rf"{BACKEND}-3 (creat|delet)ing")),
    Moment("rotation: a replica begins", _up(_rotated), _says(rf"{BACKEND}-1 updating")),
    Moment("resize: the server is off", _up(_resized), _is_off),
    Moment(
        "maintenance: page",
        lambda _: _START,
        _says(r"maintenance updat|waiting for maintenance"),
        _END,
        is_verb=True,
    ),
    Moment(
        "restore to scratch",
        lambda _: ("runbook", "restore", "--to", "scratch"),
        _scratch_runs,
        is_engines=False,
        is_verb=True,
    ),
    Moment(
        "drill: damaged dump",
        lambda _: ("runbook", "drill", "corrupt-dump"),
        _scratch_runs,
        is_engines=False,
        is_verb=True,
    ),
)


def _first(scene: Scene) -> tuple[str, ...]:
    scene.renew()
    scene.stack.pulumi("config")  # writes the file
    return PULUMI_UP


_RESOURCES = (
    *("server", "reachable", "wait-for-boot", "baseline", "seed-coolify", "install-coolify"),
    *("mint-token", "registry-login", "harden", "instance", "nutri", "proxy", "install-dumps"),
    *("first-dump", "maintenance", f"{BACKEND}-1", f"{BACKEND}-2", BACKEND, "verification"),
)
FIRST = tuple(
    Moment(f"first up: {name}", _first, _says(rf" {name} creating")) for name in _RESOURCES
)
"""Those of a platform that is not there yet, resource by resource."""

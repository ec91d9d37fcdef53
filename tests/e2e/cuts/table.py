"""The cuts: what goes away in the middle, and how it is given back."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.cuts.scene import Run, Scene

_ACTIONS = (
    "change_type",
    "poweron",
    "start_server",
    "shutdown",
    "create_image",
    "set_firewall_rules",
)


def _nothing(_scene: Scene) -> None: ...


@dataclass(frozen=True)
class Cut:
    """Something that goes away."""

    name: str
    make: Callable[[Scene, Run], None]
    seconds: float = 0
    """How long it lasts."""
    give_back: Callable[[Scene], None] = _nothing
    of: str = ""
    """What there has to be: a `command` around the engine, the `engine`, `actions` of the API."""


def _interrupt(_scene: Scene, run: Run) -> None:
    run.interrupt()


def _interrupt_twice(_scene: Scene, run: Run) -> None:
    run.interrupt()
    time.sleep(2)
    run.interrupt()


def _kill_engine(_scene: Scene, run: Run) -> None:
    run.kill(run.engine())


def _kill_command(_scene: Scene, run: Run) -> None:
    run.kill(run.process.pid)


def _kill_plugins(_scene: Scene, run: Run) -> None:
    for pid in run.plugins():
        run.kill(pid)


def _power(action: str) -> Callable[..., None]:
    def act(scene: Scene, _run: Run | None = None) -> None:
        scene.stack.cloud.act(scene.server, action)

    return act


def _on_server(script: str) -> Callable[..., None]:
    def act(scene: Scene, _run: Run | None = None) -> None:
        scene.inside(script)

    return act


def _fault(status: int, code: str) -> Callable[..., None]:
    def act(scene: Scene, _run: Run) -> None:
        body = {"path": "^/(?!storage_box)", "status": status, "code": code, "times": 100_000}
        scene.stack.cloud.knob("POST", "/faults", body)

    return act


def _no_fault(scene: Scene) -> None:
    scene.stack.cloud.knob("DELETE", "/faults")


def _failing_actions(scene: Scene, _run: Run) -> None:
    for command in _ACTIONS:
        scene.stack.cloud.knob("POST", "/action_faults", {"command": command})


def _names(state: str) -> Callable[..., None]:
    def act(scene: Scene, _run: Run | None = None) -> None:
        scene.stack.cloud.knob("PATCH", "/knobs", {"dns": state})

    return act


_SILENT = "iptables -{} INPUT -p tcp --dport 22 -j DROP"
_SQL = "docker exec -i coolify-db psql -q -U coolify -d coolify"

CUTS: tuple[Cut, ...] = (
    Cut("Ctrl-C", _interrupt),
    Cut("Ctrl-C twice", _interrupt_twice),
    Cut("the engine killed", _kill_engine, of="engine"),
    Cut("the command killed", _kill_command, of="command"),
    Cut("the plugins killed", _kill_plugins, of="engine"),
    Cut("power cut of the server", _power("poweroff"), 20, _power("poweron")),
    Cut("dockerd killed", _on_server("systemctl kill --signal KILL docker")),
    Cut(
        "Coolify stopped", _on_server("docker stop coolify"), 20, _on_server("docker start coolify")
    ),
    Cut("SSH silent", _on_server(_SILENT.format("I")), 60, _on_server(_SILENT.format("D"))),
    Cut("API 502", _fault(502, "bad_gateway"), 20, _no_fault),
    Cut("API 401", _fault(401, "unauthorized"), 20, _no_fault),
    Cut(
        "Coolify's token gone",
        _on_server(f"echo 'delete from personal_access_tokens' | {_SQL}"),
    ),
    Cut("an action in error", _failing_actions, 5, _no_fault, "actions"),
    Cut("DNS down", _names("silent"), 30, _names("answers")),
)

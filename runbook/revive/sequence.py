"""The sequence itself: the mildest remedy first, each waited for within its bound."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from common.errors import OperatorError

if TYPE_CHECKING:
    from collections.abc import Callable

OFF, RUNNING = "off", "running"


class Tools(Protocol):
    """What the steps do to one server; each raises OperatorError where it is not well."""

    def boot(self) -> str:
        """Ask over SSH, once, for what tells this boot from another."""

    def state(self) -> str:
        """What the API says it is: running, off, starting, ..."""

    def press(self) -> None:
        """Press the power button: the system stops by itself and starts again."""

    def reset(self) -> None:
        """Cut the power and switch on again."""

    def power_on(self) -> None:
        """Switch it on."""

    def wait_for_boot(self, but: str | None, bound: float) -> str:
        """Wait until SSH answers, from another boot than `but`."""

    def wait_for_steady(self, bound: float) -> str:
        """Wait until the API says running or off."""

    def docker(self, bound: float) -> str:
        """Wait until Docker answers."""

    def services(self, bound: float) -> str:
        """Wait until every replica is healthy."""

    def health(self, bound: float) -> str:
        """Wait until all is well from outside."""


@dataclass(frozen=True)
class Bounds:
    """How long each thing may take, in seconds."""

    steady: float = 300.0
    soft: float = 90.0
    boot: float = 300.0
    docker: float = 180.0
    services: float = 300.0
    health: float = 180.0


@dataclass(frozen=True)
class Step:
    """What was done, what came of it, and after how many seconds."""

    name: str
    outcome: str
    well: bool
    seconds: float


@dataclass
class Revival:
    """One server being brought back; `say` hears of each step."""

    tools: Tools
    say: Callable[[str], None]
    bounds: Bounds = field(default_factory=Bounds)
    steps: list[Step] = field(default_factory=list)

    def run(self, *, force: bool = False, dry: bool = False) -> int:
        """Bring the server back; the exit code: 0 all is well, 1 it is not.

        Args:
            force: reboot although SSH and Docker answer.
            dry: look, and tell what would be done.

        Raises:
            OperatorError: when the API cannot be asked.
        """
        boot = self._look()
        if boot is not None and not force and self._step("docker", self._docker):
            return self._let_be(dry=dry)
        state = self.tools.state()
        self._note("API", f"Hetzner says the server is {state}")
        if dry:
            self.say(f"would {_PLAN.get(state, _PLAN_ELSE)}")
            return 1
        return 0 if self._back(state, boot) and self.verify() else 1

    def after_rebuild(self) -> int:
        """Wait for the first boot of a new disk, and verify; the exit code."""
        return 0 if self._booted(None, self.bounds.boot) and self.verify() else 1

    def verify(self) -> bool:
        """Docker, services and health, each only when the one before is well."""
        return (
            self._step("docker", self._docker)
            and self._step("services", lambda: self.tools.services(self.bounds.services))
            and self._step("health", lambda: self.tools.health(self.bounds.health))
        )

    def as_json(self) -> list[dict[str, Any]]:
        """The steps, for machines."""
        return [asdict(step) for step in self.steps]

    def _look(self) -> str | None:
        found: list[str] = []

        def ask() -> str:
            found.append(self.tools.boot())
            return "answers"

        self._step("SSH", ask)
        return found[0] if found else None

    def _let_be(self, *, dry: bool) -> int:
        if dry:
            self.say("SSH and Docker answer: nothing would be done")
            return 0
        well = self._step("services", lambda: self.tools.services(1)) and self._step(
            "health", lambda: self.tools.health(1)
        )
        self.say("the server answers, so nothing is done to it (--force reboots it)")
        if not well:
            self.say("a service is not well: `runbook outage SERVICE` goes on from here")
        return 0 if well else 1

    def _back(self, state: str, boot: str | None) -> bool:
        if state not in {OFF, RUNNING}:
            bound = self.bounds.steady
            self._step("steady", lambda: f"it is {self.tools.wait_for_steady(bound)}")
            state = self.tools.state()
        if state == OFF:
            return self._act("power on", self.tools.power_on) and self._booted(
                None, self.bounds.boot
            )
        if self._act("soft reboot", self.tools.press) and self._booted(boot, self.bounds.soft):
            return True
        if self.tools.state() == OFF:  # it went down, and did not come up again
            return self._act("power on", self.tools.power_on) and self._booted(
                boot, self.bounds.boot
            )
        return self._act("reset", self.tools.reset) and self._booted(boot, self.bounds.boot)

    def _booted(self, but: str | None, bound: float) -> bool:
        def wait() -> str:
            self.tools.wait_for_boot(but, bound)
            return "answers, freshly booted"

        return self._step("SSH", wait)

    def _act(self, name: str, act: Callable[[], None]) -> bool:
        def done() -> str:
            act()
            return "done"

        return self._step(name, done)

    def _docker(self) -> str:
        return self.tools.docker(self.bounds.docker if self.steps[1:] else 10)

    def _step(self, name: str, act: Callable[[], str]) -> bool:
        started = time.monotonic()
        try:
            outcome, well = act(), True
        except OperatorError as error:
            outcome, well = str(error), False
        self._note(name, outcome, well=well, seconds=time.monotonic() - started)
        return well

    def _note(self, name: str, outcome: str, *, well: bool = True, seconds: float = 0.0) -> None:
        self.steps.append(Step(name, outcome, well, round(seconds, 1)))
        self.say(f"{name:<12} {outcome}" + (f" ({seconds:.0f} s)" if seconds >= 1 else ""))


_PLAN = {
    OFF: "switch it on, then verify SSH, Docker, services and health",
    RUNNING: "ask it to reboot; if SSH does not come back, reset its power; then verify SSH, "
    "Docker, services and health",
}
_PLAN_ELSE = "wait until it is running or off, and go on from there"

"""The sequence itself: a paused project is restored, an exhausted pool freed; each waited for."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from clients.supabase import Phase

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from runbook.database.state import State


class Tools(Protocol):
    """What the steps do to the database; each raises OperatorError where it cannot."""

    def look(self) -> State:
        """Everything that can be asked."""

    def phase(self) -> Phase | None:
        """What the project is; None where no project is known."""

    def confirm(self, question: str) -> None:
        """Ask before something that is felt."""

    def restore_project(self) -> None:
        """Begin to bring the paused project back."""

    def wait_for_project(self) -> None:
        """Wait until it is active and the database answers."""

    def restart_services(self) -> str:
        """Restart what uses the database, one replica after another; what was done."""

    def end_stuck(self) -> str:
        """End connections that have sat in a transaction for long; what was done."""

    def wait_for_connections(self, *, end_stuck: bool = False) -> State:
        """Look until enough connections are left, within a bound; the last look.

        Args:
            end_stuck: end those that have sat in a transaction for long by then.
        """

    def ways_back(self) -> Sequence[str]:
        """How to restore data, a line each."""


@dataclass
class Doctor:
    """Looks, does what is needed, and looks again; `say` takes a line for the operator."""

    tools: Tools
    say: Callable[[str], None]
    steps: list[str] = field(default_factory=list)

    def run(self, *, end_stuck: bool = False) -> State:
        """Do what is needed; the state at the end.

        Args:
            end_stuck: also end connections that have sat in a transaction for long.

        Raises:
            OperatorError: when the operator says no, or a step fails.
        """
        self._project()
        state = self.tools.look()
        if state.is_red("pool"):
            state = self._connections(state, end_stuck=end_stuck)
        if state.report.exit_code:
            self._tell(state)
        return state

    def _project(self) -> None:
        phase = self.tools.phase()
        if phase is Phase.PAUSED:
            self.tools.confirm("The project is paused. Restore it? It takes two to five minutes.")
            self._step("restoring the paused project", self.tools.restore_project)
        if phase in {Phase.PAUSED, Phase.CHANGING}:
            self._step("waiting for the project", self.tools.wait_for_project)
        if phase is Phase.BROKEN:
            self.say("the project is not well, and nothing here mends that: status.supabase.com")

    def _connections(self, state: State, *, end_stuck: bool) -> State:
        for line in state.lines():
            self.say(line)
        if end_stuck:
            self.tools.confirm("End every connection that sits in a transaction for long?")
            self._step("ending stuck connections", self.tools.end_stuck)
        else:
            self.tools.confirm("Hardly a connection is left. Restart the services that use them?")
            self._step("restarting the services", self.tools.restart_services)
        after = self.tools.wait_for_connections(end_stuck=end_stuck)
        if after.is_red("pool") and not end_stuck:
            self.say(
                "others hold them (see above): `runbook database doctor --end-stuck` ends what "
                "sits in a transaction for long"
            )
        return after

    def _step(self, name: str, act: Callable[[], str | None]) -> None:
        self.say(f"== {name}")
        self.steps.append(name)
        done = act()
        if done:
            self.say(done)

    def _tell(self, state: State) -> None:
        for line in state.report.wrong().splitlines():
            self.say(line)
        self.say("if data is lost or wrong:")
        for line in self.tools.ways_back():
            self.say(f"  {line}")

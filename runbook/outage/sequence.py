"""The sequence itself: which step follows which, and when it is over."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

from common.errors import OperatorError
from runbook.outage.journal import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from checks import Report
    from runbook.outage.journal import Journal

LOG_LINES = 200
_WELL = "all is well"


class Tools(Protocol):
    """What the steps do to the platform."""

    def probe(self) -> Report:
        """Look from outside, once."""

    def containers(self) -> Sequence[str]:
        """The states of the service's containers, a line each."""

    def silent(self) -> Sequence[str]:
        """The servers that do not answer SSH, by name."""

    def confirm_restart(self) -> None:
        """Ask whether to restart.

        Raises:
            OperatorError: when the answer is no.
        """

    def restart(self) -> str:
        """Restart the service through Coolify; what was done."""

    def restart_hard(self) -> str:
        """Restart the service by Docker alone; what was done."""

    def recovery(self) -> Report:
        """Look from outside until all is well, within a bound."""

    def logs(self, count: int) -> Sequence[str]:
        """The last log lines over all replicas."""

    def ways_back(self) -> Sequence[str]:
        """The earlier images and how to go back to one, a line each."""


@dataclass(frozen=True)
class Outage:
    """One outage of one service; `say` takes a line for the operator, `keep` one for the incident.

    Looks are always taken anew; a restart is done once: a journal that has it stands for it.
    """

    tools: Tools
    journal: Journal
    say: Callable[[str], None]
    keep: Callable[[str], None]
    steps: list[Entry] = field(default_factory=list)
    """What was done and seen this time, in order."""

    def run(self, *, force: bool = False) -> int:
        """Do what is left to do; the exit code: 0 all is well, 1 it is still down.

        Args:
            force: go on though all looks well from outside.

        Raises:
            OperatorError: when the operator says no, or the state cannot be kept.
        """
        seen = self._look("probe from outside", lambda: _told(self.tools.probe()))
        if seen == _WELL and not force:
            self.say("nothing is wrong from outside, so nothing is done (--force goes on)")
            self.journal.end()
            return 0
        self._look("container states", lambda: "\n".join(self.tools.containers()))
        if silent := self.tools.silent():
            return self._without_server(silent)
        self._once("restart", self._restart)
        if self._look("probe again", lambda: _told(self.tools.recovery())) == _WELL:
            self.say("the service is back")
            self.journal.end()
            return 0
        self._look(f"last {LOG_LINES} log lines", self._logs)
        self._look("the way back", lambda: "\n".join(self.tools.ways_back()))
        self.journal.end()
        return 1

    def _without_server(self, silent: Sequence[str]) -> int:
        """No service of a server that hangs can be restarted: it is the server that is ill."""
        names = ", ".join(silent)
        self.say(f"{names} does not answer SSH, so that nothing can be restarted there")
        self.keep(f"{names} does not answer SSH")
        self.say(f"next: `runbook server revive --server {silent[0]}`")
        self.journal.end()
        return 1

    def _once(self, name: str, act: Callable[[], str]) -> None:
        known = self.journal.outcome(name)
        if known:
            self.say(f"== {name}: done at {known.at:%H:%M:%S} UTC")
            self.steps.append(known)
            return
        self.journal.add(name, self._look(name, act))

    def _look(self, name: str, act: Callable[[], str]) -> str:
        self.say(f"== {name}")
        outcome = act()
        self.steps.append(Entry(step=name, at=datetime.now(UTC), outcome=outcome))
        self.say(outcome)
        self.keep(f"{name}: {outcome.splitlines()[0] if outcome else 'nothing'}")
        return outcome

    def _restart(self) -> str:
        self.tools.confirm_restart()
        try:
            return self.tools.restart()
        except OperatorError as error:
            self.say(f"Coolify could not: {error}")
        try:
            return self.tools.restart_hard()
        except OperatorError as error:
            # The logs are wanted all the more.
            return f"no restart was possible: {error}"

    def _logs(self) -> str:
        try:
            return "\n".join(self.tools.logs(LOG_LINES)) or "the containers have logged nothing"
        except OperatorError as error:
            return f"the logs cannot be had: {error}"


def _told(report: Report) -> str:
    if not report.exit_code:
        return _WELL
    return f"{report.summary()}\n{report.wrong()}"

"""`runbook status`."""

from __future__ import annotations

import itertools
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from time import sleep
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

import checks
from checks.drift import DRIFT
from common import duration
from runbook import drift, gaps, heartbeat, options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.incidents import Folder
from runbook.stack import load_target
from runbook.thread import Beside

if TYPE_CHECKING:
    from checks import Report
    from checks.check import AnyCheck
    from common.target import Target
    from runbook.gaps import Hole
    from runbook.heartbeat import Beat
    from runbook.incidents import Incident

_IDS = frozenset({"server", "coolify", "containers", "version", "health", "dns", "certificate"})
_PROCEDURES = frozenset({"B1", "B2", "B3", "B4"})
"""Backups of any kind, and when one was last restored for a test."""
_BOUND = 60.0


@dataclass(frozen=True)
class Seen:
    """One look at everything the screen shows; drift comes later, for it takes longest."""

    target: Target
    at: datetime
    report: Report
    incidents: list[Incident]
    beat: Beat | None
    holes: tuple[Hole, ...]

    @property
    def overdue(self) -> list[Incident]:
        """The incidents that nobody has acknowledged in time."""
        return [one for one in self.incidents if one.is_overdue(self.at)]

    def header(self) -> str:
        """What is red, what is open, whether a maintenance is on, and when that was."""
        count = len(self.incidents)
        incidents = f"{output.counted(count, 'incident')} open" if count else "no incident"
        now = self.target.maintenance.now
        maintenance = "no maintenance" if now.is_off else f"maintenance {now.mode}"
        watched = self.beat.line(self.at) if self.beat else "not watched"
        told = f"{self.report.summary()}; {incidents}; {maintenance}; {watched}"
        return f"{self.at:%H:%M} UTC  {told}"

    def as_json(self) -> dict[str, Any]:
        """All of it."""
        incidents = [
            one.model_dump(mode="json") | {"overdue": one in self.overdue} for one in self.incidents
        ]
        beat = self.beat.model_dump(mode="json") if self.beat else None
        told = {"incidents": incidents, "holes": [asdict(one) for one in self.holes]}
        return self.report.as_json() | told | {"watched": beat}


@verb("status", procedure="D1, Q1", example="status", exits=OF_A_REPORT)
def status(
    with_drift: Annotated[
        bool,
        typer.Option(
            "--drift/--no-drift",
            help="Ask the engine what differs from the program; takes longest.",
        ),
    ] = True,
    watch: Annotated[
        bool, typer.Option("--watch", "-w", help="Look again and again, until Ctrl-C.")
    ] = False,
    interval: Annotated[
        str, typer.Option("--interval", help="Between the looks of --watch: 10s, 1m.")
    ] = "10s",
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Show the platform on one screen, and what incidents are open; an overdue one is red.

    What is missing in the set-up (dumps, notification, a recovery kit, a second replica) is yellow.
    Services with versions and replicas, servers, backups, the last verified restore, drift.
    """
    pause, code = duration.seconds(interval), 2
    try:
        for number in itertools.count(1):
            code = _once(stack, with_drift=with_drift, as_json=as_json, clear=watch and number > 1)
            if not watch:
                break
            sleep(pause)
    except KeyboardInterrupt:
        if not watch:
            raise
    raise typer.Exit(code)


def _once(stack: str | None, *, with_drift: bool, as_json: bool, clear: bool) -> int:
    """One look, shown; drift on its own at the end, since the engine takes longest."""
    with output.busy("looking", _BOUND) as told:
        target = load_target(stack)
        told.what = f"looking at stack {target.stack}"
        beat = Beside(lambda: heartbeat.newest(target))
        missing = Beside(lambda: gaps.of(target))
        differs = Beside(lambda: drift.run(target, [DRIFT])) if with_drift else None
        report = checks.run(target, _chosen(), bound=_BOUND)
        incidents = Folder.of_project().running(target.stack)
        now = datetime.now(UTC)
        seen = Seen(target, now, report, incidents, beat.result(), missing.result())
        if not as_json:
            told.stop()
            _show(seen, clear=clear)
    with output.busy("asking the engine what differs", drift.BOUND):
        late = differs.result() if differs else None
    whole = seen.report.plus(late) if late else seen.report
    if as_json:
        output.print_json(Seen(target, now, whole, incidents, seen.beat, seen.holes).as_json())
    elif late:
        show.show_drift(late, Console())
    return 1 if seen.overdue else whole.exit_code


def _show(seen: Seen, *, clear: bool) -> None:
    console = Console()
    if clear:
        console.clear()
    show.print_plain(seen.header(), console)
    show.show_incidents(seen.incidents, seen.at, console)
    show.show_status(seen.target, seen.report, console)
    gaps.show(seen.holes, console)


def _chosen() -> list[AnyCheck]:
    shown = (one for one in checks.CHECKS if one.id in _IDS or one.runbook in _PROCEDURES)
    return [one for one in shown if one is not DRIFT]

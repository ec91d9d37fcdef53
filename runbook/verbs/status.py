"""`runbook status`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import checks
from checks.drift import DRIFT
from runbook import drift, holes, options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.incidents import Folder
from runbook.stack import load_target

if TYPE_CHECKING:
    from checks.check import AnyCheck

_IDS = frozenset({"server", "coolify", "containers", "version", "health"})
_PROCEDURES = frozenset({"B1", "B2", "B3", "B4"})
"""Backups of any kind, and when one was last restored for a test."""


@verb("status", procedure="D1, Q1", example="status", exits=OF_A_REPORT)
def status(
    with_drift: Annotated[
        bool,
        typer.Option(
            "--drift/--no-drift",
            help="Ask the engine what differs from the program; takes longest.",
        ),
    ] = True,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Show the platform on one screen, and what incidents are open; an overdue one is red.

    What is missing in the set-up (dumps, notification, a recovery kit, a second replica) is yellow.
    Services with versions and replicas, servers, backups, the last verified restore, drift.
    """
    target = load_target(stack)
    with output.busy(f"looking at stack {target.stack}"):
        report = drift.run(target, _chosen(with_drift=with_drift))
    missing = holes.of(target)
    now = datetime.now(UTC)
    running = Folder.of_project().running(target.stack)
    overdue = [one for one in running if one.is_overdue(now)]
    if as_json:
        told = [asdict(one) for one in missing]
        incidents = [one.model_dump(mode="json") | {"overdue": one in overdue} for one in running]
        output.print_json(report.as_json() | {"incidents": incidents, "holes": told})
    else:
        show.show_status(target, report, Console())
        holes.show(missing, Console())
        show.show_incidents(running, now, Console())
    raise typer.Exit(1 if overdue else report.exit_code)


def _chosen(*, with_drift: bool) -> list[AnyCheck]:
    shown = [one for one in checks.CHECKS if one.id in _IDS or one.runbook in _PROCEDURES]
    return [*shown, *([DRIFT] if with_drift else [])]

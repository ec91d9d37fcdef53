"""`runbook status`."""

from __future__ import annotations

from datetime import UTC, datetime

import typer
from rich.console import Console

import checks
from runbook import options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.incidents import Folder
from runbook.stack import load_target

_CHECKS = ("server", "backups", "coolify", "containers", "health")


@verb("status", procedure="D1, Q1", example="status", exits=OF_A_REPORT)
def status(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Show the platform on one screen, and what incidents are open; an overdue one is red."""
    target = load_target(stack)
    with output.busy(f"looking at stack {target.stack}"):
        report = checks.run(target, checks.select(_CHECKS))
    now = datetime.now(UTC)
    running = Folder.of_project().running(target.stack)
    overdue = [one for one in running if one.is_overdue(now)]
    if as_json:
        incidents = [one.model_dump(mode="json") | {"overdue": one in overdue} for one in running]
        output.print_json(report.as_json() | {"incidents": incidents})
    else:
        show.show_status(target, report, Console())
        show.show_incidents(running, now, Console())
    raise typer.Exit(1 if overdue else report.exit_code)

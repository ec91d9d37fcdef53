"""`runbook status`."""

from __future__ import annotations

import typer
from rich.console import Console

import checks
from runbook import options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.stack import load_target

_CHECKS = ("server", "backups", "coolify", "containers", "health")


@verb("status", procedure="D1, Q1", example="status", exits=OF_A_REPORT)
def status(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Show the platform on one screen."""
    target = load_target(stack)
    with output.busy(f"looking at stack {target.stack}"):
        report = checks.run(target, checks.select(_CHECKS))
    if as_json:
        output.print_json(report.as_json())
    else:
        show.show_status(target, report, Console())
    raise typer.Exit(report.exit_code)

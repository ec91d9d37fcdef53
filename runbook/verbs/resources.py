"""`runbook resources`."""

from __future__ import annotations

import typer
from rich.console import Console

import checks
from runbook import options, output, resources
from runbook.app import OF_A_REPORT, verb
from runbook.stack import load_target

_CHECKS = ("cpu", "memory", "disk", "inodes", "restarts")


@verb("resources", procedure="D3", example="resources --json", exits=OF_A_REPORT)
def show_resources(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Show what servers and containers use: CPU, memory, disk, inodes, load, restarts."""
    target = load_target(stack)
    with output.busy(f"looking at {output.counted(len(target.servers), 'server')}"):
        report = checks.run(target, checks.select(_CHECKS))
    if as_json:
        output.print_json(report.as_json())
    else:
        resources.show(target, report, Console())
    raise typer.Exit(report.exit_code)

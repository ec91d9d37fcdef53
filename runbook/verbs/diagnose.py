"""`runbook diagnose`."""

from __future__ import annotations

import typer
from rich.console import Console

import checks
from runbook import options, output, show
from runbook.app import OF_A_REPORT, verb
from runbook.stack import load_target
from runbook.timeline import keep

_BOUND = 15.0
"""Seconds all looks together may take: who asks at night waits for nothing longer."""


@verb("diagnose", procedure="I2, E1", example="diagnose", exits=OF_A_REPORT)
def diagnose(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Tell the one cause of what is wrong, and the next command; in 20 seconds at most.

    All checks look at once. What did not answer in time counts as evidence too.
    """
    target = load_target(stack)
    with output.busy(f"looking at everything of stack {target.stack}", _BOUND):
        report = checks.run(target, checks.select(None), bound=_BOUND)
    found = report.causes
    if found:
        keep(target, f"diagnosis: {found[0].name}: {found[0].message}")
    if as_json:
        output.print_json(report.as_json())
    else:
        _tell(report)
    raise typer.Exit(report.exit_code)


def _tell(report: checks.Report) -> None:
    console, found = Console(), report.causes
    if not found:
        show.print_plain(f"{report.summary()}: nothing is wrong", console)
        return
    first, *others = found
    show.show_causes((first,), console)
    if others:
        show.print_plain(f"\nbesides, {output.counted(len(others), 'other finding')}:", console)
        show.show_causes(others, console)
    if first.remedy:
        show.print_plain(f"\nnext: {first.remedy}", console)

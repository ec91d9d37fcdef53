"""`runbook cost`."""

from __future__ import annotations

import typer

from clients import hetzner
from runbook import cost, options, output
from runbook.app import verb
from runbook.stack import load_target


@verb("cost", procedure="before any change", example="cost")
def show_cost(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Tell what the stack's Hetzner project costs a month, by resource, and what is unused."""
    target = load_target(stack)
    with hetzner.connect(target) as api:
        bill = cost.look(api)
    if as_json:
        output.print_json(bill.as_json())
        return
    for line in cost.lines(bill):
        typer.echo(line)

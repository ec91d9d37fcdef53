"""`runbook dump ...`: B3, B4."""

from __future__ import annotations

import typer

from runbook import dumps, options, output
from runbook.app import group, verb
from runbook.stack import load_target
from runbook.timeline import acted

dump_group = group("dump", "Dumps of the database: take one, list them, prove that one comes back.")


@verb("now", procedure="B3", example="dump now", within=dump_group)
def now(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Take a dump, off-site and read back; fails loudly where it is not all there."""
    target = load_target(stack)
    with output.busy("dumping"):
        taken = dumps.loudly(lambda: dumps.ask(target, "now"))
    acted(target, f"dumped the database: {taken['rows']} rows")
    if as_json:
        output.print_json(taken)
    else:
        typer.echo(dumps.row(taken))


@verb("list", procedure="B3", example="dump list", within=dump_group)
def list_(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """List the dumps that are in the repository, the newest first."""
    target = load_target(stack)
    found = dumps.loudly(lambda: dumps.ask(target, "list"))
    if as_json:
        output.print_json({"dumps": found})
        return
    for one in found:
        typer.echo(dumps.row(one))
    typer.echo(output.counted(len(found), "dump"))


@verb("verify", procedure="B4", example="dump verify", within=dump_group)
def verify(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Restore the newest dump into a scratch database and compare it with production."""
    target = load_target(stack)
    with output.busy("restoring into a scratch database"):
        proof = dumps.loudly(lambda: dumps.ask(target, "verify"))
    acted(target, f"proved that a dump comes back: {proof['rows']} rows")
    if as_json:
        output.print_json(proof)
        return
    for name, rows in sorted(proof["tables"].items()):
        typer.echo(f"  {name:40} {rows['dump']!s:>10} {rows['production']!s:>10} now")
    for one in proof.get("not_restored", ()):
        typer.echo(f"not proven: {one}")
    age = proof["canary_age_s"] / 3600
    typer.echo(f"proven: {proof['rows']} rows of {proof['dump']['at']}, canary {age:.1f} h old")

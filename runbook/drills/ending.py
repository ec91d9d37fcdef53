"""How every drill ends: a line a phase, and the report as JSON and as a picture."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runbook import output
from runbook.app import group
from runbook.drills.timeline import page

if TYPE_CHECKING:
    from runbook.drills.report import Drill

drill_group = group("drill", "Disasters made on purpose, seen, mended and measured.")

EXITS = "0 what was broken was seen and is whole again, 1 it is not, 2 it could not be begun"

Report = Annotated[
    Path | None,
    typer.Option("--report", help="Also write the report: .json, or a page with its timeline."),
]


def lines(drill: Drill) -> list[str]:
    """For people."""
    told = [
        f"{phase.name:<16}{phase.seconds:>8.1f} s  {phase.note}".rstrip() for phase in drill.phases
    ]
    told += [f"{name:<24}{value:g}" for name, value in sorted(drill.measures.items())]
    why = f": {drill.error}" if drill.error else ""
    return [*told, f"{drill.name} {drill.outcome.value} after {drill.seconds:.1f} s{why}"]


def finish(drill: Drill, report: Path | None, *, as_json: bool) -> None:
    """Print and write the report, and exit with its code.

    Raises:
        typer.Exit: always.
    """
    if report:
        text = json.dumps(drill.as_json(), indent=2) if report.suffix == ".json" else page(drill)
        output.write(report, text)
    if as_json:
        output.print_json(drill.as_json())
    else:
        for line in lines(drill):
            typer.echo(line)
    raise typer.Exit(drill.exit_code)

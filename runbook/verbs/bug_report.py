"""`runbook bug-report`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from runbook import options, output
from runbook.app import verb
from runbook.bug_report import Redaction, collect, write
from runbook.bug_report.collect import secrets
from runbook.heartbeat import now
from runbook.stack import find_project, load_target


@verb("bug-report", procedure="I2", example="bug-report")
def bug_report(
    file: Annotated[
        Path | None,
        typer.Option("--file", help="Default: nutri-bug-STACK-TIME.zip in this folder."),
    ] = None,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Pack checks, logs, history, config and versions into a zip, every secret blotted out.

    Look into it before you give it away: names, addresses and what your app logs are in it.
    """
    target, project = load_target(stack), find_project(Path.cwd())
    where = file or Path(f"nutri-bug-{target.stack}-{now():%Y%m%dT%H%M%SZ}.zip")
    known = Redaction.of(secrets(target, project))
    with output.busy("collecting"):
        names = write(collect(target, project), known, where)
    if as_json:
        output.print_json({"file": str(where.resolve()), "files": names})
        return
    typer.echo(f"{where} has {output.counted(len(names), 'file')}: {', '.join(names)}")
    typer.echo("secrets are blotted out; look into it before you give it away")

"""`runbook urls`."""

from __future__ import annotations

from pathlib import Path

import typer

from runbook import options, output, urls
from runbook.app import verb
from runbook.stack import load_target


@verb("urls", procedure="D1", example="urls")
def show_urls(stack: options.Stack = None, as_json: options.Json = False) -> None:
    """Show where the services are, with a `curl` line to try for each."""
    target = load_target(stack)
    if as_json:
        output.print_json({"urls": {one.name: one.url for one in target.public}})
        return
    for line in urls.lines(target, Path.cwd()):
        typer.echo(line)

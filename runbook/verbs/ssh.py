"""`runbook ssh`."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from typing import Annotated

import typer

from common.errors import OperatorError
from runbook import options, output, servers
from runbook.app import app
from runbook.help import Verb, panel_of
from runbook.stack import load_target

_SECONDS = 3600.0
"""A command that is to be told as JSON may take so long."""


@app.command(
    "ssh",
    cls=Verb,
    rich_help_panel=panel_of("ssh"),
    context_settings={"allow_interspersed_args": False},
    epilog="Runbook procedure: Q1, E4\n\nExample: runbook ssh -- docker ps\n\n"
    "Exit codes: the command's own; 2 when it could not be run",
)
def ssh(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="CMD",
            help="One word is shell text, several are a program and its arguments.",
        ),
    ] = None,
    stack: options.Stack = None,
    server: options.Server = None,
    as_json: options.Json = False,
) -> None:
    """Run a command on a server, or log in; the host key is pinned."""
    if as_json and not command:
        raise OperatorError("--json wants a command, as in `runbook ssh --json -- docker ps`")
    chosen = servers.find_server(load_target(stack), server)
    words = command or []
    text = words[0] if len(words) == 1 else shlex.join(words) or None
    with servers.connect(chosen) as client:
        if as_json:
            done = client.run(str(text), timeout=_SECONDS, check=False)
            output.print_json(asdict(done))
            raise typer.Exit(done.code)
        raise typer.Exit(client.interactive(text))

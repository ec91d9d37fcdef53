"""`runbook exec` and `runbook shell`."""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from runbook import inside, options, output, servers
from runbook.app import app
from runbook.help import Verb, panel_of
from runbook.stack import load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 3600.0
"""A command that is to be told as JSON may take so long."""
_EPILOG = "Runbook procedure: Q1, E1\n\nExample: runbook {}\n\n"
_EPILOG += "Exit codes: the command's own; 2 when it could not be run"

Replica = Annotated[
    str,
    typer.Argument(
        metavar="SERVICE[-N]",
        help="As in nutri-backend-2; without a number the first replica.",
        autocompletion=options.services,
    ),
]


@app.command(
    "exec",
    cls=Verb,
    rich_help_panel=panel_of("exec"),
    context_settings={"allow_interspersed_args": False},
    epilog=_EPILOG.format("exec nutri-backend-2 -- node --version"),
)
def execute(
    replica: Replica,
    words: Annotated[list[str], typer.Argument(metavar="CMD...", help="Program and arguments.")],
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Run a command in a container of a service."""
    command = words[words[:1] == ["--"] :]
    _run(replica, command, stack, terminal=False, as_json=as_json)


@app.command(
    "shell",
    cls=Verb,
    rich_help_panel=panel_of("shell"),
    epilog=_EPILOG.format("shell nutri-backend"),
)
def shell(replica: Replica, stack: options.Stack = None) -> None:
    """Open a shell in a container of a service."""
    _run(replica, (), stack, terminal=sys.stdin.isatty())


def _run(
    name: str, words: Sequence[str], stack: str | None, *, terminal: bool, as_json: bool = False
) -> None:
    target = load_target(stack)
    service, number = servers.find_replica(target, name)
    with servers.connect_all(target) as clients:
        client, container = inside.find(service, number, clients)
        command = inside.command(container, words, terminal=terminal)
        if as_json:
            done = client.run(command, timeout=_SECONDS, check=False)
            output.print_json(asdict(done))
            raise typer.Exit(done.code)
        raise typer.Exit(client.interactive(command, terminal=terminal))

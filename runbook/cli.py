"""The verbs of the operator CLI. Exit codes: 0 all green, 1 something is red, 2 could not tell."""

from __future__ import annotations

import contextlib
import json
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console

import checks
from checks.junit import junit
from common.errors import OperatorError
from common.ssh import SshClient
from runbook import logs, show, urls
from runbook.stack import load_target

if TYPE_CHECKING:
    from collections.abc import Sequence

    from common.target import ServerTarget, Target

app = typer.Typer(
    name="runbook",
    help="Operate a running nutri platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

StackOption = Annotated[
    str | None,
    typer.Option("--stack", "-s", envvar="PULUMI_STACK", help="Default: the selected stack."),
]
ServerOption = Annotated[str | None, typer.Option("--server", help="Default: the first server.")]

_STATUS_CHECKS = ("server", "backups", "coolify", "containers", "health")


@app.command("check")
def check(
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ID]...", help="Checks, or procedures of the runbook (D1, E1)."),
    ] = None,
    stack: StackOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the report as JSON.")] = False,
    junit_file: Annotated[
        Path | None, typer.Option("--junit", help="Also write the report as JUnit XML.")
    ] = None,
) -> None:
    """Verify the platform. Exit code: 0 all green, 1 something is red, 2 could not tell."""
    console = Console()
    chosen = checks.select(ids)
    target = load_target(stack)
    with _busy(f"{len(chosen)} checks of stack {target.stack}"):
        report = checks.run(target, chosen)
    if junit_file:
        _write(junit_file, junit(report))
    if as_json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        show.show_report(report, console)
    raise typer.Exit(report.exit_code)


@app.command("status")
def status(stack: StackOption = None) -> None:
    """Show the platform on one screen. Exit codes as of `check`."""
    target = load_target(stack)
    with _busy(f"looking at stack {target.stack}"):
        report = checks.run(target, checks.select(_STATUS_CHECKS))
    show.show_status(target, report, Console())
    raise typer.Exit(report.exit_code)


@app.command("urls")
def show_urls(stack: StackOption = None) -> None:
    """Show where the services are, with a `curl` line to try for each."""
    for line in urls.lines(load_target(stack), Path.cwd()):
        print(line)


@app.command("ssh", context_settings={"allow_interspersed_args": False})
def ssh(
    command: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[CMD]...",
            help="One word is shell text, several are a program and its arguments.",
        ),
    ] = None,
    stack: StackOption = None,
    server: ServerOption = None,
) -> None:
    """Run a command on a server, or log in; the host key is pinned. Exits as the command does."""
    chosen = _find_server(load_target(stack), server)
    words = command or []
    text = words[0] if len(words) == 1 else shlex.join(words) or None
    with SshClient(chosen.ssh) as client:
        raise typer.Exit(client.interactive(text))


@app.command("logs")
def show_logs(  # noqa: PLR0913, PLR0917 - each parameter is an option of the verb
    service: Annotated[str, typer.Argument(help="As in nutri-backend.")],
    lines: Annotated[
        int, typer.Option("--lines", "-n", min=0, help="How many of each replica.")
    ] = 100,
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Wait for more.")] = False,
    timestamps: Annotated[
        bool, typer.Option("--timestamps", "-t", help="Show Docker's timestamps.")
    ] = False,
    errors: Annotated[
        bool, typer.Option("--errors", "-e", help="Of those, only the ones that tell an error.")
    ] = False,
    stack: StackOption = None,
) -> None:
    """Show the last log lines of a service, over all its replicas."""
    target = load_target(stack)
    chosen = logs.find_service(target, service)
    with contextlib.ExitStack() as clients:
        opened = [clients.enter_context(SshClient(one.ssh)) for one in target.servers]
        sources = logs.find_sources(opened, chosen)
        found = logs.follow(sources, lines) if follow else logs.last_lines(sources, lines)
        for line in found:
            if errors and not logs.is_error(line.text):
                continue
            when = f"{line.time} " if timestamps else ""
            print(f"{line.replica} | {when}{line.text}", flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the CLI; a mistake of the operator, or of the world, is one message and exit code 2."""
    try:
        app(arguments)
    except OperatorError as error:
        print(f"runbook: {error}", file=sys.stderr)
        sys.exit(2)


def _busy(what: str) -> contextlib.AbstractContextManager[object]:
    console = Console(stderr=True)
    return console.status(f"{what} ...") if console.is_terminal else contextlib.nullcontext()


def _find_server(target: Target, name: str | None) -> ServerTarget:
    if name is None:
        return target.servers[0]
    for server in target.servers:
        if server.name == name:
            return server
    known = ", ".join(server.name for server in target.servers)
    raise OperatorError(f"no such server: {name}. This stack has: {known}")


def _write(file: Path, text: str) -> None:
    try:
        file.write_text(text)
    except OSError as error:
        raise OperatorError(f"{file} cannot be written: {error.strerror}") from error

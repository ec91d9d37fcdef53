"""`runbook history`."""

from __future__ import annotations

import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from runbook import history, options, output, servers
from runbook.app import verb
from runbook.stack import StackError, find_project, load_target
from runbook.updates import Updates

if TYPE_CHECKING:
    from collections.abc import Iterator

    from runbook.history import Entry

_WIDTH = 88
_INDENT = " " * 18


@verb("history", procedure="I2, I3", example="history nutri-backend")
def show_history(
    service: Annotated[str | None, options.maybe_service("everything")] = None,
    count: Annotated[
        int, typer.Option("--lines", "-n", min=1, help="How many of the newest.")
    ] = 20,
    stack: options.Stack = None,
    as_json: options.Json = False,
) -> None:
    """Show who changed what, when, from where, and how it ended; the newest last.

    From the log that each server keeps of the verbs, and from the stack's own history.
    """
    target = load_target(stack)
    name = servers.find_service(target, service).name if service else None
    updates = Updates(find_project(Path.cwd()), target.stack)
    every = [*history.read(target, output.say), *_updates(updates)]
    found = sorted((one for one in every if name is None or one.is_of(name)), key=lambda e: e.at)
    newest = found[-count:]
    if as_json:
        output.print_json({"history": [one.model_dump(mode="json") for one in newest]})
        return
    for one in newest:
        typer.echo(_shown(one))
    if not newest:
        typer.echo(f"nothing is known of {name or 'this stack'} yet")


def _updates(updates: Updates) -> Iterator[Entry]:
    try:
        yield from history.of_updates(updates.history())
    except StackError as error:
        output.say(f"the stack's own history is not to be had: {error}")


def _shown(one: Entry) -> str:
    head = f"{one.at:%Y-%m-%d %H:%M}  {one.what}"
    tail = f"{one.result}; by {one.place}" + (f", `{one.typed}`" if one.typed else "")
    return "\n".join(
        [*_wrapped(head), *(f"{_INDENT}{line}" for line in _wrapped(tail, len(_INDENT)))]
    )


def _wrapped(text: str, indent: int = 0) -> list[str]:
    return textwrap.wrap(
        text, _WIDTH - indent, subsequent_indent="" if indent else _INDENT, break_on_hyphens=False
    )

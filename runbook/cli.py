"""The operator CLI: every module of `verbs` holds a verb, or one of a group; its end on an error.

Exit codes: 0 all is well, 1 something is wrong on the platform, 2 a mistake, or it cannot be told.
"""

from __future__ import annotations

import gc
import importlib
import pkgutil
import sys
from typing import TYPE_CHECKING

import typer.main

from common.errors import OperatorError
from runbook import interrupts, verbs
from runbook.app import app

if TYPE_CHECKING:
    from collections.abc import Sequence

    import click


def register(word: str | None = None) -> None:
    """Register the verb or group of that name alone, for all of them take a while to load.

    A module of `verbs` is named as its verb (`recovery_kit`), or begins with its group's name
    (`drill_dumps`). Without a word, or with one that is no verb, all are registered.
    """
    wanted = (word or "").replace("-", "_")
    names = [one.name for one in pkgutil.iter_modules(verbs.__path__)]
    chosen = [one for one in names if one == wanted or one.startswith(f"{wanted}_")]
    for name in chosen or names:
        importlib.import_module(f"{verbs.__name__}.{name}")


def whole() -> click.Group:
    """Return the command line with all its verbs, as help and completion show it."""
    register()
    command: click.Group = typer.main.get_command(app)  # type: ignore[assignment]
    return command


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the CLI; a mistake of the operator, or of the world, is one message and exit code 2."""
    interrupts.raise_on_signals()
    words = sys.argv[1:] if arguments is None else arguments
    try:
        register(words[0] if words else None)
    except KeyboardInterrupt:
        interrupts.end_loading()
    finally:
        gc.enable()
    try:
        app(arguments, prog_name="runbook")
    except OperatorError as error:
        print(f"runbook: {error}", file=sys.stderr)
        sys.exit(2)

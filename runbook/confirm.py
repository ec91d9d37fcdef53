"""Naming a thing twice before it is lost: what nobody types by accident."""

from __future__ import annotations

import typer
from rich.console import Console

from common.errors import OperatorError


def twice(what: str, name: str, first: str | None, again: str | None, loss: str) -> None:
    """Hold both names to the right one.

    Args:
        what: the kind of thing, as in "server".
        name: its name.
        first: as given the first time; None: not at all.
        again: as given by --lose.
        loss: what is going to be lost.

    Raises:
        OperatorError: when one of them is missing or another's.
    """
    if first == name and again is None and Console().is_terminal:
        again = typer.prompt(f"{loss}. Type its name to go on")
    wrong = [given for given in (first, again) if given not in {None, name}]
    if wrong:
        raise OperatorError(f"{wrong[0]!r} is not the {what}, which is {name!r}: nothing was done")
    if first is None or again is None:
        raise OperatorError(
            f"{loss}. To go on, name the {what} twice: {name} --lose {name}; nothing was done"
        )

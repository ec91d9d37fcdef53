"""Who may run a drill on what: a stack that is protected has to be named."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from common.errors import OperatorError
from runbook.stack import config_value

if TYPE_CHECKING:
    from common.target import Target

YesReally = Annotated[
    str | None,
    typer.Option("--yes-really", metavar="STACK", help="Break this stack though it is protected."),
]


def demand(target: Target, named: str | None, harm: str) -> None:
    """Refuse to break a protected stack that was not named.

    Args:
        target: the stack.
        named: what was given to --yes-really.
        harm: what the drill does to its users.

    Raises:
        OperatorError: it is protected (`nutri:protect`), and another or none was named.
    """
    if config_value(target.stack, "nutri:protect") == "false" or named == target.stack:
        return
    raise OperatorError(
        f"the stack {target.stack} is protected, and {harm}: give --yes-really {target.stack} if "
        "that is what you want"
    )

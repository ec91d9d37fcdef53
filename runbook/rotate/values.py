"""New values: made at random, typed without an echo, or read from a pipe; never of the command."""

from __future__ import annotations

import secrets
import string
import sys

import typer

from runbook.rotate.rotation import RotationError

_ALPHABET = string.ascii_letters + string.digits
# What a URL, a shell, Coolify and libpq all leave alone; 48 of them are 285 bits.
LENGTH = 48


def made(length: int = LENGTH) -> str:
    """A value nobody guesses, of letters and digits."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def given(what: str) -> str:
    """A value that comes from elsewhere: asked for at a terminal, else from standard input.

    Raises:
        RotationError: there is none.
    """
    if sys.stdin.isatty():
        text = str(typer.prompt(f"New {what} (nothing is shown)", hide_input=True, err=True))
    else:
        text = sys.stdin.read()
    value = text.strip()
    if not value:
        raise RotationError(
            f"no new {what} came: type it at the prompt, or give it on standard input, "
            "as in `runbook rotate ... < FILE`; never on the command line"
        )
    if "\n" in value:
        raise RotationError(f"the new {what} has several lines, and is one")
    return value

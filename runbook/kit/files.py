"""The kit as a file, and from where its passphrase comes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import typer
from rich.console import Console

from runbook.kit.crypt import open_sealed, seal
from runbook.kit.model import parse
from runbook.kit.passphrase import KitError, Passphrase

if TYPE_CHECKING:
    from pathlib import Path

    from runbook.kit.model import Kit

VARIABLE = "NUTRI_KIT_PASSPHRASE"
_MODE = 0o600


def passphrase(file: Path | None, *, twice: bool = False) -> Passphrase:
    """The kit's passphrase: from a file, the environment, or typed (`twice`, for a new one).

    Raises:
        KitError: when there is none, and nobody can be asked.
    """
    if file:
        try:
            return Passphrase(file.read_text().strip())
        except OSError as error:
            raise KitError(f"{file} cannot be read: {error.strerror}") from None
    if text := os.environ.get(VARIABLE):
        return Passphrase(text)
    if not Console().is_terminal:
        raise KitError(f"no passphrase for the kit: give --passphrase-file, or set {VARIABLE}")
    typed = typer.prompt("Passphrase of the kit", hide_input=True, confirmation_prompt=twice)
    return Passphrase(str(typed))


def write(kit: Kit, file: Path, secret: Passphrase) -> None:
    """Write a kit, sealed, for its owner alone; whole or not at all.

    Raises:
        KitError: when it cannot be written, or the passphrase is too short.
    """
    text = seal(kit.model_dump_json().encode(), secret)
    half = file.with_name(f".{file.name}.new")
    try:
        half.unlink(missing_ok=True)
        half.touch(_MODE)
        half.write_text(text)
        half.replace(file)
    except OSError as error:
        raise KitError(f"{file} cannot be written: {error.strerror}") from None


def read(file: Path, secret: Passphrase) -> Kit:
    """Open a kit.

    Raises:
        KitError: when it cannot be read, is damaged, or the passphrase is another.
    """
    try:
        text = file.read_text()
    except OSError as error:
        raise KitError(f"{file} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise KitError(f"{file} is no recovery kit") from None
    return parse(open_sealed(text, secret))

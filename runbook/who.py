"""Who sits at the terminal, at which machine, and what was typed."""

from __future__ import annotations

import getpass
import os
import platform

import click


def name() -> str:
    """NUTRI_OPERATOR, else the name of this machine's user."""
    try:
        return os.environ.get("NUTRI_OPERATOR") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return "operator"


def host() -> str:
    """This machine."""
    return platform.node()


def typed() -> str:
    """The verb with its arguments, without options: 'runbook deploy nutri-backend good-2'."""
    context = click.get_current_context(silent=True)
    if context is None:
        return ""
    given = [
        str(context.params[one.name])
        for one in context.command.params
        if isinstance(one, click.Argument) and one.name and context.params.get(one.name) is not None
    ]
    return " ".join([context.command_path, *given])

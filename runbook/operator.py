"""Who sits at the terminal, and at which machine."""

from __future__ import annotations

import getpass
import os
import platform


def name() -> str:
    """NUTRI_OPERATOR, else the name of this machine's user."""
    try:
        return os.environ.get("NUTRI_OPERATOR") or getpass.getuser()
    except (KeyError, OSError):  # a user id without a name, as in some containers
        return "operator"


def host() -> str:
    """This machine."""
    return platform.node()

"""The passwords that open the repository: one more, and one fewer."""

from __future__ import annotations

import json
import os
import tempfile
from typing import TYPE_CHECKING

from agent.dumps.errors import DumpError
from agent.dumps.restic import Restic

if TYPE_CHECKING:
    from agent.dumps.config import Config

_SECONDS = 300.0
_REFUSED = "refuses the password"


def opens(config: Config, password: str) -> bool:
    """Whether a password opens the repository.

    Raises:
        DumpError: it is no question of the password.
    """
    try:
        Restic(config, password=password).run("cat", "config", timeout=_SECONDS)
    except DumpError as error:
        if _REFUSED in str(error):
            return False
        raise
    return True


def add(config: Config, restic: Restic, password: str) -> bool:
    """Let a password in beside the present one; returns whether it was not yet.

    Raises:
        DumpError: the repository does not take it.
    """
    if opens(config, password):
        return False
    handle, path = tempfile.mkstemp(prefix="nutri-key-")  # of its owner alone
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(password)
        restic.run("key", "add", "--new-password-file", path, timeout=_SECONDS)
    finally:
        os.unlink(path)  # noqa: PTH108 - as mkstemp gave it
    return True


def remove(config: Config, restic: Restic, password: str) -> bool:
    """Let a password in no more; returns whether it was let in. The present one stays.

    Raises:
        DumpError: the repository refuses, or it is the present one.
    """
    if not opens(config, password):
        return False
    known = json.loads(Restic(config, password=password).run("key", "list", "--json"))
    (own,) = [one["id"] for one in known if one["current"]]
    restic.run("key", "remove", own, timeout=_SECONDS)
    return True

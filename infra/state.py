"""What the engine's state holds before this run: asked of the engine itself."""

from __future__ import annotations

import json
import subprocess
from functools import cache
from typing import Any

import pulumi

from common.errors import OperatorError

_TIMEOUT_SECONDS = 60
_LOOKED_BACK = 20  # operations: refreshes and renames may be among them
# A lost server goes from the state when that is refreshed; what was done on it stays.
_OF_A_SERVER = ("hcloud:index/server:Server::", "::wait-for-boot")


class ReadError(OperatorError):
    """The engine does not tell what the state holds."""


def has_served() -> bool:
    """Whether the stack has, or had, a server when it was first asked."""
    return any(mark in urn for urn in known_urns() for mark in _OF_A_SERVER)


def resources() -> tuple[dict[str, Any], ...]:
    """Return the resources the stack had when it was first asked.

    Raises:
        ReadError: the engine does not tell.
    """
    return tuple(_deployment().get("resources") or ())


def pending() -> tuple[dict[str, Any], ...]:
    """Return the operations that were begun by an update before this one, and never ended.

    Raises:
        ReadError: the engine does not tell.
    """
    return tuple(_deployment().get("pending_operations") or ())


@cache
def _deployment() -> dict[str, Any]:
    """The state when it was first asked for; it can be read while an update holds its lock."""
    found = _told("stack", "export")
    if not isinstance(found, dict) or "deployment" not in found:
        raise ReadError("its export holds no deployment")
    return dict(found["deployment"])


def history() -> list[dict[str, Any]]:
    """Return the newest operations on the stack, the last one first.

    Raises:
        ReadError: the engine does not tell.
    """
    found = _told("stack", "history", "--json", "--page-size", str(_LOOKED_BACK))
    return [one for one in found if isinstance(one, dict)]


def output(name: str) -> Any:  # noqa: ANN401 - JSON
    """Return an output of the stack as the last update left it, secrets revealed.

    Raises:
        ReadError: there is none, or the engine does not tell.
    """
    return _told("stack", "output", name, "--json", "--show-secrets")


def _told(*words: str) -> Any:  # noqa: ANN401 - JSON
    stack = f"{pulumi.get_organization()}/{pulumi.get_project()}/{pulumi.get_stack()}"
    try:
        done = subprocess.run(
            ["pulumi", *words, "--stack", stack, "--non-interactive"],
            capture_output=True,
            check=True,
            timeout=_TIMEOUT_SECONDS,
            text=True,
        )
        return json.loads(done.stdout or "[]")
    except (OSError, subprocess.SubprocessError, ValueError) as error:
        raise ReadError(str(error)) from None


@cache
def known_urns() -> frozenset[str]:
    """Return the URNs the stack had when it was first asked; none where it cannot be told.

    A hook that runs before a creation is not told whether something is being replaced, and the
    state is the only one to know.
    """
    try:
        known = resources()
    except ReadError as error:
        # Nothing can be lost by this: the hook before the deletion refuses all the same.
        pulumi.log.warn(f"the stack's state cannot be read ({error}); a replacement shows late")
        return frozenset()
    # Half of a replacement that was interrupted: it is gone, or on its way, since then.
    return frozenset(
        one["urn"] for one in known if not (one.get("delete") or one.get("pendingReplacement"))
    )
